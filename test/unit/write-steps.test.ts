import { describe, expect, it } from "vitest";
import { stepsOf, stepsThrough } from "../../ingest/pipelines/guard.ts";
import { guardPipelineText } from "../../ingest/pipelines/guard-text.ts";
import type { Step } from "../../ingest/step.ts";

const embedding = (options: object = {}) => ({
	text_embedding: { model_id: "m", field_map: { a: "v" }, ...options },
});
const set = { set: { field: "x", value: 1 } };
const probe = (condition: string) => ({
	set: { field: "_ml_sidecar_condition", value: true, if: condition },
});
const call = (name: string, options: object = {}) => ({
	pipeline: { name, ...options },
});

/** Pipelines as they are stored for those that a client wrote. */
function stored(written: Readonly<Record<string, object>>) {
	return new Map(
		Object.entries(written).map(([id, definition]): [string, unknown] => {
			const text = JSON.stringify(definition);
			return [id, JSON.parse(guardPipelineText(id, text) ?? text)];
		}),
	);
}

function stagesOf(steps: readonly Step[]) {
	return steps.map(({ stages }) => stages);
}

describe("the steps of a write", () => {
	it("lead through the pipelines that call each other, with what stands before each call", () => {
		const pipelines = stored({
			outer: { processors: [set, call("inner", { if: "ctx.a" }), set] },
			inner: { processors: [embedding(), set, embedding({ if: "ctx.b" })] },
		});
		const entry = { processors: [set, probe("ctx.a")], conditional: true };
		expect(stagesOf(stepsOf("outer", pipelines))).toEqual([
			[entry],
			[entry, { processors: [set, probe("ctx.b")], conditional: true }],
		]);
	});

	it("end where a pipeline calls itself, and follow no more than a bounded number of calls", () => {
		const twice = (name: string) => ({ processors: [call(name), call(name)] });
		const levels = Array.from({ length: 30 }, (_, n) => [
			`p${n}`,
			twice(`p${n + 1}`),
		]);
		const pipelines = stored({
			...Object.fromEntries(levels),
			p30: { processors: [embedding()] },
			self: { processors: [embedding(), call("self")] },
		});
		expect(stepsOf("self", pipelines)).toHaveLength(1);
		expect(stepsOf("p0", pipelines).length).toBeLessThan(1_000);
	});

	it("name the pipeline that a document may go through a second time", () => {
		const pipelines = stored({
			outer: { processors: [call("inner"), call("inner")] },
			inner: { processors: [embedding()] },
		});
		const repeats = ({ repeats }: Step) => repeats;
		expect(stepsOf("outer", pipelines).map(repeats)).toEqual([
			undefined,
			"inner",
		]);
		expect(stepsThrough("inner", "inner", pipelines).map(repeats)).toEqual([
			undefined,
			"inner",
		]);
	});

	it("lead into each guarded pipeline that a document may name", () => {
		const pipelines = stored({
			outer: { processors: [call("{{lang}}")] },
			en: { processors: [embedding()] },
			de: { processors: [call("en")] },
			core: { processors: [set] },
		});
		const into = (expected: string) => ({
			processors: [
				{ set: { field: "_ml_sidecar_condition", value: "{{lang}}" } },
			],
			conditional: true,
			expected,
		});
		expect(stagesOf(stepsOf("outer", pipelines))).toEqual([
			[into("en")],
			[into("de")],
		]);
	});

	it("look into the list of a foreach, however deep the embedding stands in it", () => {
		const processor = embedding({ if: "ctx.b" });
		const inner = { field: "m", processor };
		const pipelines = stored({
			p: {
				processors: [
					{ foreach: { field: "l", processor: { foreach: inner } } },
				],
			},
		});
		const [step] = stepsOf("p", pipelines);
		expect(step).toMatchObject({ conditional: true, inForeach: true });
		expect(step?.stages).toEqual([
			{
				processors: [
					{
						foreach: {
							field: "l",
							processor: {
								foreach: { field: "m", processor: probe("ctx.b") },
							},
						},
					},
				],
				conditional: true,
			},
		]);
	});

	it("of a final pipeline are looked at behind the default one, if that changes anything", () => {
		const why = { set: { field: "why", value: 1 } };
		const pipelines = stored({
			final: { processors: [embedding()] },
			pure: { processors: [embedding()] },
			changing: { processors: [set] },
			handled: { processors: [embedding({ on_failure: [why] })] },
			caught: { processors: [embedding()], on_failure: [why] },
		});
		const last = (first: string) =>
			stepsThrough(first, "final", pipelines).at(-1)?.stages;
		expect(last("pure")).toEqual([]);
		for (const name of ["changing", "handled", "caught"])
			expect(last(name)).toEqual([
				{
					processors: [{ pipeline: { name } }],
					conditional: false,
					staysInIndex: true,
				},
			]);
	});
});
