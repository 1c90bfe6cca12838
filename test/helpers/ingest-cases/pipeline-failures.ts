import {
	byDefault,
	cat,
	embedding,
	type IngestTopic,
	index,
	pipeline,
	puts,
	set,
	written,
} from "./case.ts";

const message = set("why", "{{_ingest.on_failure_message}}");
const origin = set(
	"who",
	"{{_ingest.on_failure_processor_type}} {{_ingest.on_failure_processor_tag}}",
);

/** What happens when processors fail. */
export const pipelineFailures: IngestTopic = {
	name: "failures",
	cases: [
		written("a tag, a failure", embedding({ tag: "t" }), { text: 5 }),
		written(
			"ignore_failure",
			[embedding({ ignore_failure: true }), set("after", 1)],
			{ text: 5 },
			{ text: cat },
		),
		written(
			"ignore_failure and an unknown model",
			embedding({ model_id: "unknown", ignore_failure: true }),
			{ text: cat },
		),
		written(
			"on_failure",
			embedding({ tag: "t", on_failure: [message, origin] }),
			{ text: 5 },
			{ text: cat },
		),
		written(
			"on_failure and an unknown model",
			embedding({ model_id: "unknown", on_failure: [set("failed", true)] }),
			{ text: cat },
		),
		written(
			"on_failure that fails",
			embedding({ on_failure: [{ fail: { message: "worse" } }] }),
			{ text: 5 },
		),
		written(
			"on_failure, and what stands behind",
			[embedding({ on_failure: [set("failed", true)] }), set("after", 1)],
			{ text: 5 },
		),
		{
			name: "on_failure of the pipeline",
			calls: [
				pipeline({
					processors: [embedding({ tag: "t" }), set("after", 1)],
					on_failure: [message, origin],
				}),
				index({ settings: byDefault }),
				...puts({ text: 5 }, { text: cat }),
			],
		},
		{
			name: "on_failure of the pipeline, where another processor fails",
			calls: [
				pipeline({
					processors: [embedding(), { fail: { message: "no" } }],
					on_failure: [message],
				}),
				index({ settings: byDefault }),
				...puts({ text: cat }),
			],
		},
		written(
			"another processor that fails before",
			[{ fail: { message: "no" } }, embedding()],
			{ text: cat },
		),
		written(
			"another processor that fails behind",
			[embedding(), { fail: { message: "no" } }],
			{ text: cat },
		),
		written(
			"another processor that fails and is ignored",
			[
				{ rename: { field: "none", target_field: "b", ignore_failure: true } },
				embedding(),
			],
			{ text: cat },
		),
		{
			name: "a pipeline that calls one of another that fails",
			calls: [
				pipeline({ processors: [embedding()] }, "-inner"),
				pipeline({
					processors: [
						{ pipeline: { name: "<id>-inner", on_failure: [message] } },
					],
				}),
				index({ settings: byDefault }),
				...puts({ text: 5 }),
			],
		},
	],
};
