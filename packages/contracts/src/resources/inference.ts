import { z } from 'zod';
import { modelReferenceSchema } from './aliases.js';
import { shareSchema } from './primitives.js';

/** Name of the one input of every model. */
const inferenceInput = 'image';

/** Outputs of a model, in the order of an answer. `p_value` is of calibrated models only. */
export const inferenceOutputs = ['score', 'p_value', 'map'] as const;

export type InferenceOutput = (typeof inferenceOutputs)[number];

/** Says how many bytes of a body or an answer are JSON; behind them come tensors in binary. */
export const inferenceHeaderLength = 'inference-header-content-length';

const outputSchema = z.enum(inferenceOutputs).meta({
  id: 'InferenceOutputName',
  description: '`score`: how abnormal, FP64. `p_value`: FP64, of calibrated models only. `map`: FP32.',
});

/** Those that are not described have no effect. */
const parametersSchema = z.record(z.string(), z.unknown());

/** More images than any server lets one request have. */
const mostImages = 1024;

const dimensionsSchema = z.array(z.int().min(1)).min(1).max(2);

/** Body of an error of the Open Inference Protocol. */
export const inferenceErrorSchema = z
  .strictObject({
    error: z.string().meta({
      description: 'What is wrong, and the path of a page that says what to do.',
      examples: ['There is no model with this id. (/problems/not-found)'],
    }),
  })
  .meta({ id: 'InferenceError', description: 'An error as the Open Inference Protocol has it.' });

export const inferenceServerSchema = z
  .strictObject({
    name: z.literal('mediclip'),
    version: z.string().meta({ examples: ['0.1.0'] }),
    extensions: z.array(z.literal('binary_tensor_data')),
  })
  .meta({ id: 'InferenceServer', description: 'The server, in the terms of the Open Inference Protocol.' });

export const inferenceLiveSchema = z
  .strictObject({ live: z.literal(true) })
  .meta({ id: 'InferenceLive', description: 'The process is alive.' });

export const inferenceReadySchema = z
  .strictObject({ ready: z.literal(true) })
  .meta({ id: 'InferenceReady', description: 'The server can do its work.' });

export const inferenceModelReadySchema = z
  .strictObject({ name: modelReferenceSchema, ready: z.literal(true) })
  .meta({ id: 'InferenceModelReady', description: 'The model can be asked.' });

const shapeSchema = z.array(z.int().min(-1)).meta({ description: 'Of a tensor; -1: as many as the request has.' });

export const inferenceModelSchema = z
  .strictObject({
    name: modelReferenceSchema,
    platform: z.literal('mediclip'),
    inputs: z.array(
      z
        .strictObject({ name: z.literal(inferenceInput), datatype: z.literal('BYTES'), shape: shapeSchema })
        .meta({ id: 'InferenceInputDescription', description: 'The input of a model.' }),
    ),
    outputs: z.array(
      z
        .strictObject({ name: outputSchema, datatype: z.enum(['FP64', 'FP32']), shape: shapeSchema })
        .meta({ id: 'InferenceOutputDescription', description: 'An output of a model.' }),
    ),
  })
  .meta({ id: 'InferenceModel', description: 'A model, in the terms of the Open Inference Protocol.' });

const inputTensorSchema = z
  .strictObject({
    name: z.literal(inferenceInput),
    datatype: z.literal('BYTES'),
    shape: dimensionsSchema.meta({ description: 'As many images: `[n]` or `[n, 1]`.', examples: [[1]] }),
    parameters: z
      .strictObject({
        binary_data_size: z
          .int()
          .min(4)
          .optional()
          .meta({ description: 'Bytes of the tensor behind the JSON, where it is not in `data`.' }),
      })
      .optional(),
    data: z
      .array(z.union([z.base64(), z.array(z.base64()).max(mostImages)]))
      .max(mostImages)
      .optional()
      .meta({ description: 'Encoded images (PNG, JPEG, DICOM …), each in base64.' }),
  })
  .meta({ id: 'InferenceInput', description: 'Images as a tensor of BYTES, each element a whole file.' });

/** JSON part of a request; `inputs` has the one input. */
export const inferenceRequestSchema = z
  .strictObject({
    id: z.string().max(255).optional(),
    parameters: parametersSchema
      .optional()
      .meta({ description: '`binary_data_output: true` asks for all outputs in binary. Others have no effect.' }),
    inputs: z.array(inputTensorSchema).length(1),
    outputs: z
      .array(
        z
          .strictObject({
            name: outputSchema,
            parameters: z.strictObject({ binary_data: z.boolean().optional() }).optional(),
          })
          .meta({ id: 'InferenceWantedOutput', description: 'An output that is asked for.' }),
      )
      .max(inferenceOutputs.length)
      .optional()
      .meta({ description: 'All that the model has, when absent.' }),
  })
  .meta({ id: 'InferenceRequest', description: 'A request of the Open Inference Protocol.' });

export type InferenceRequest = z.infer<typeof inferenceRequestSchema>;

const outputTensorSchema = z
  .strictObject({
    name: outputSchema,
    datatype: z.enum(['FP64', 'FP32']),
    shape: z.array(z.int().min(1)),
    parameters: z.strictObject({ binary_data_size: z.int().min(0) }).optional(),
    data: z.array(shareSchema).optional().meta({ description: 'Row-major; absent when it is behind the JSON.' }),
  })
  .meta({ id: 'InferenceOutput', description: 'An output as a tensor; its first dimension counts the images.' });

/** JSON part of an answer. */
export const inferenceAnswerSchema = z
  .strictObject({
    model_name: modelReferenceSchema,
    id: z.string().optional().meta({ description: 'That of the request.' }),
    outputs: z.array(outputTensorSchema),
  })
  .meta({ id: 'InferenceAnswer', description: 'An answer of the Open Inference Protocol.' });

export type InferenceAnswer = z.infer<typeof inferenceAnswerSchema>;
