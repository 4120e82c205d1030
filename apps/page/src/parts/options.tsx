/** The options of a select. */
export function Options({ of }: { of: readonly (readonly [value: string, title: string])[] }) {
  return (
    <>
      {of.map(([value, title]) => (
        <option key={value} value={value}>
          {title}
        </option>
      ))}
    </>
  );
}

/** One option for each thing that has an id and a name. */
export function NamedOptions({ of }: { of: readonly { readonly id: string; readonly name: string }[] }) {
  return <Options of={of.map(({ id, name }) => [id, name] as const)} />;
}
