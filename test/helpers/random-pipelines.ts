import fc from "fast-check";
import { isObject, type JsonObject } from "../../ingest/json.ts";

/** Pipelines that call each other, by id, those first that call none. */
export type Pipelines = ReadonlyMap<string, JsonObject>;

/** What is known of a step without asking how it is carried out. */
export interface StepOf {
	modelId: string;
	conditional: boolean;
}

const core = fc.constantFrom<JsonObject[]>(
	{ set: { field: "n", value: 1.5 } },
	{ lowercase: { field: "t", ignore_missing: true, if: "ctx.t != null" } },
	{ fail: { message: "no", if: "ctx.bad == true" } },
	{ script: { source: "ctx.m = 'text_embedding'" } },
	{ foreach: { field: "l", processor: { trim: { field: "_ingest._value" } } } },
);

const embedding = fc
	.record(
		{
			model_id: fc.uuid(),
			field_map: fc.constantFrom({ t: "v" }, { "a.b": "c.d", e: { f: "g" } }),
			tag: fc.constantFrom("a", 'b "c"'),
			description: fc.string({ maxLength: 20 }),
			if: fc.constantFrom("ctx.skip != true", `ctx.x == "'y'"`),
			ignore_failure: fc.boolean(),
			on_failure: fc.constant([{ set: { field: "why", value: "x" } }]),
			batch_size: fc.constantFrom(1, "8"),
			skip_existing: fc.boolean(),
		},
		{ requiredKeys: ["model_id", "field_map"] },
	)
	.map((options): JsonObject => ({ text_embedding: options }));

/** A call of the pipeline before this one, of which there may be none. */
const call = fc.constantFrom<JsonObject[]>(
	{ pipeline: { name: "before" } },
	{ pipeline: { name: "before", if: "ctx.b == true" } },
);

const pipeline = fc.record(
	{
		description: fc.string({ maxLength: 20 }),
		version: fc.nat(),
		processors: fc
			.array(
				fc.oneof(
					{ weight: 3, arbitrary: core },
					{ weight: 3, arbitrary: embedding },
					{ weight: 1, arbitrary: call },
				),
				{ maxLength: 6 },
			)
			.map(onlyFirstCall),
		on_failure: fc.constant([{ set: { field: "failed", value: true } }]),
	},
	{ requiredKeys: ["processors"] },
);

/** A document that has gone through a pipeline no longer has its mark, and can't go through it again. */
function onlyFirstCall(processors: JsonObject[]): JsonObject[] {
	const first = processors.findIndex((one) => "pipeline" in one);
	return processors.filter((one, at) => at === first || !("pipeline" in one));
}

export const randomPipelines: fc.Arbitrary<Pipelines> = fc
	.array(pipeline, { minLength: 1, maxLength: 3 })
	.map((made) => {
		const pipelines = new Map<string, JsonObject>();
		for (const [number, { processors, ...rest }] of made.entries()) {
			const named = processors.map((one) =>
				isObject(one.pipeline)
					? { pipeline: { ...one.pipeline, name: `p${number - 1}` } }
					: one,
			);
			pipelines.set(`p${number}`, { ...rest, processors: named });
		}
		return pipelines;
	});

/** The embeddings that a write goes through, in order. */
export function stepsThrough(id: string, pipelines: Pipelines): StepOf[] {
	const processors = pipelines.get(id)?.processors;
	if (!Array.isArray(processors)) return [];
	return processors.flatMap((processor: unknown): StepOf[] => {
		if (!isObject(processor)) return [];
		const { text_embedding: options, pipeline: called } = processor;
		if (isObject(options))
			return [
				{
					modelId: String(options.model_id),
					conditional: options.if !== undefined,
				},
			];
		return isObject(called) ? stepsThrough(String(called.name), pipelines) : [];
	});
}
