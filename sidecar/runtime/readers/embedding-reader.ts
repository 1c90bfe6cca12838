import type { PoolingMode } from "../../../schemas/model.ts";
import { SidecarError } from "../../errors.ts";
import {
	describeOutputs,
	outputTypes,
	type SeenOutput,
} from "../model-graph.ts";
import type { TextEmbeddingSpec } from "../model-spec.ts";
import { normalizeL2, pool } from "../pooling.ts";
import { requireFinite } from "./finite.ts";
import type { OutputReader } from "./output-reader.ts";

/** Reads a text's vector, or pools its tokens' vectors. */
export function embeddingReader({
	poolingMode,
	normalize,
	dimension,
}: Pick<
	TextEmbeddingSpec,
	"poolingMode" | "normalize" | "dimension"
>): OutputReader {
	return {
		choose: (outputs) => [chooseOutput(outputs, poolingMode)],
		read(outputs, tokens) {
			const output = chooseOutput(outputs, poolingMode);
			const { dims, values } = output;
			const width = dims.at(-1) ?? 0;
			if (width !== dimension) {
				throw new SidecarError(
					"bad_request",
					`model output has dimension ${width}, but embedding_dimension is ${dimension}`,
				);
			}
			const vector =
				poolingMode === "NONE" || isPooled({ dims })
					? values.slice()
					: pool({ values, tokens, dimension }, poolingMode);
			if (normalize) normalizeL2(vector);
			requireFinite(vector, "vector");
			return { kind: "vector", vector };
		},
	};
}

/**
 * The output that holds the vector, or the tokens' vectors that are pooled. As in ml-commons output 0 is
 * pooled; one that has no token axis is pooled already and used as it is. With NONE: `sentence_embedding`,
 * else the first output without a token axis (ml-commons takes output 1). Throws `bad_request` where there is
 * none, or where it is of another type than `outputTypes`. For one text an output is [1, tokens, dimension], [1, dimension],
 * [tokens, dimension] or [dimension].
 */
export function chooseOutput<Output extends SeenOutput>(
	outputs: readonly Output[],
	mode: PoolingMode,
): Output {
	const chosen =
		mode === "NONE"
			? (outputs.find(({ name }) => name === "sentence_embedding") ??
				outputs.find(isPooled))
			: outputs[0];
	if (chosen === undefined || (mode === "NONE" && !isPooled(chosen))) {
		throw new SidecarError(
			"bad_request",
			`pooling_mode ${mode} needs an output that is pooled already; model has ${describeOutputs(outputs)}`,
		);
	}
	if (!outputTypes.includes(chosen.type) || chosen.dims.length > 3) {
		throw new SidecarError(
			"bad_request",
			`model output ${describeOutputs([chosen])} is not a float32 or float16 vector a token or a text`,
		);
	}
	return chosen;
}

/** Whether an output has no token axis: [1, dimension] or [dimension]. */
function isPooled({ dims }: Pick<SeenOutput, "dims">): boolean {
	return dims.length === 1 || (dims.length === 2 && dims[0] === 1);
}
