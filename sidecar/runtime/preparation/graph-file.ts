import { join } from "node:path";
import type { ModelSpec } from "../model-spec.ts";

/** Which file of a model's graph a session is made from. */
export type GraphFile =
	/** As it came; what ONNX Runtime makes of it is written to the folder `keepIn`, if there is one. */
	| { form: "original"; keepIn?: string }
	/** What was written to a folder on a processor of the same kind. */
	| { form: "prepared"; folder: string };

/** The prepared graph: nodes and small constants. */
export const graphName = "graph.onnx";

/**
 * Its large constants, each followed by the copies in the order in which the processor's kernels read them. They are mapped
 * into memory: sessions share them, and none has to copy or rearrange anything.
 */
export const weightsName = "weights.bin";

/** Constants from this size on are in the file of weights, bytes. */
const smallestWeights = 1_024;

/** How long a thread without work looks for some before it sleeps, microseconds. */
const spinMicros = "2000";

/** What ONNX Runtime is told for a session: the file, by its path, and the options. */
export function sessionRecipe(spec: ModelSpec, graph: GraphFile) {
	const kept = graph.form === "original" ? graph.keepIn : undefined;
	return {
		// By its path, not its bytes: data files beside the model are found, and mapped rather than copied.
		path:
			graph.form === "original"
				? spec.modelPath
				: join(graph.folder, graphName),
		options: {
			executionProviders: ["cpu"],
			intraOpNumThreads: spec.threadsPerAllocation,
			interOpNumThreads: 1,
			executionMode: "sequential" as const,
			// What is prepared has been through all of them.
			graphOptimizationLevel:
				graph.form === "original" ? ("all" as const) : ("disabled" as const),
			// Patterns are kept for each shape, and every length of text is one.
			enableMemPattern: false,
			// Else it warns of every graph that it keeps that it is right on its own kind of processor only.
			...(kept !== undefined && {
				optimizedModelFilePath: join(kept, graphName),
				logSeverityLevel: 3 as const,
			}),
			extra: {
				session: {
					set_denormal_as_zero: "1",
					// Threads of one run wait for each other some hundred times in it, too shortly to sleep, and for the next run
					// of somebody who asks again at once: a processor that has slept is slow at first, also for OpenSearch. After
					// that they would take processors from others.
					intra_op:
						spec.threadsPerAllocation > 1
							? { allow_spinning: "1", spin_duration_us: spinMicros }
							: { allow_spinning: "0" },
					...(kept !== undefined && {
						optimized_model_external_initializers_file_name: weightsName,
						optimized_model_external_initializers_min_size_in_bytes:
							String(smallestWeights),
						save_external_prepacked_constant_initializers: "1",
					}),
				},
			},
		},
	};
}
