-- Sends what a study has that was not sent yet to the service, once nothing more arrives for a while (StableAge), and leaves out what the
-- service has written itself. What was sent is marked, so that results that come back make nothing be sent again.
local sentMark = '4300'
local server = 'mediclip'

local function isOwn(series)
  local description = series['MainDicomTags']['SeriesDescription'] or ''
  return string.find(description, '^MediCLIP .*%(research%)$') ~= nil
end

function OnStableStudy(studyId, tags, metadata)
  local unsent = {}
  for _, series in ipairs(ParseJson(RestApiGet('/studies/' .. studyId .. '/series'))) do
    if not isOwn(series) then
      for _, instance in ipairs(series['Instances']) do
        local marks = ParseJson(RestApiGet('/instances/' .. instance .. '/metadata?expand'))
        if marks[sentMark] == nil then table.insert(unsent, instance) end
      end
    end
  end
  if #unsent == 0 then return end
  local body = DumpJson({ Resources = unsent, Synchronous = true }, true)
  if RestApiPost('/dicom-web/servers/' .. server .. '/stow', body) == nil then return end
  for _, instance in ipairs(unsent) do RestApiPut('/instances/' .. instance .. '/metadata/' .. sentMark, 'sent') end
end
