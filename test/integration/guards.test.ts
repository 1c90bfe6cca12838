import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	reasonField,
	unseenReason,
} from "../../ingest/pipelines/guard-processor.ts";
import { guardPipelineText } from "../../ingest/pipelines/guard-text.ts";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";

/* Guards as OpenSearch itself runs them; nothing of the sidecar is in between. */

const index = uniqueName("guarded");
const ids = {
	inner: uniqueName("inner"),
	outer: uniqueName("outer"),
	each: uniqueName("each"),
};
const embedding = (field: string) => ({
	text_embedding: { model_id: "m", field_map: { [field]: `${field}_vector` } },
});
const definitions = {
	inner: { processors: [embedding("a")] },
	outer: {
		processors: [{ pipeline: { name: ids.inner } }, embedding("b")],
		on_failure: [
			{ set: { field: "why", value: "{{_ingest.on_failure_message}}" } },
		],
	},
	each: {
		processors: [{ foreach: { field: "l", processor: embedding("a") } }],
	},
};
let marks: Record<keyof typeof ids, string>;

async function put(name: keyof typeof ids): Promise<string> {
	const text = JSON.stringify(definitions[name]);
	const guarded = guardPipelineText(ids[name], text) ?? "";
	await callOpenSearch("PUT", `/_ingest/pipeline/${ids[name]}`, guarded);
	return /_ml_sidecar_[0-9a-f]{16}/.exec(guarded)?.[0] ?? "";
}

beforeAll(async () => {
	marks = {
		inner: await put("inner"),
		outer: await put("outer"),
		each: await put("each"),
	};
});
afterAll(async () => {
	await callOpenSearch("DELETE", `/${index}`);
	for (const id of Object.values(ids))
		await callOpenSearch("DELETE", `/_ingest/pipeline/${id}`);
});

/** What is stored of a document that goes through a pipeline. */
async function stored(
	pipeline: keyof typeof ids,
	document: object,
): Promise<unknown> {
	const path = `/${index}/_doc/1?pipeline=${ids[pipeline]}`;
	await callOpenSearch("PUT", path, document);
	return callOpenSearch("GET", `/${index}/_source/1`);
}

describe("pipelines that call each other", () => {
	it("leave neither marks nor reasons in a document that was seen for both", async () => {
		expect(
			await stored("outer", {
				a: "x",
				[marks.inner]: { p0: "done" },
				[marks.outer]: { p1: "done" },
				[reasonField]: { p9: "of before" },
			}),
		).toEqual({ a: "x" });
	});

	it("give the outer one's reason, though the inner one has ended", async () => {
		expect(
			await stored("outer", {
				a: "x",
				[marks.inner]: { p0: "done" },
				[marks.outer]: { p1: "failed" },
				[reasonField]: { p1: "no vector of b" },
			}),
		).toEqual({ a: "x", why: "no vector of b" });
	});

	it("say what to do with a document that nobody has seen", async () => {
		expect(await stored("outer", { a: "x" })).toEqual({
			a: "x",
			why: expect.stringContaining(unseenReason),
		});
	});
});

it("a condition that does not compile is refused with the pipeline, by OpenSearch itself", async () => {
	const broken = {
		text_embedding: { ...embedding("a").text_embedding, if: "ctx.(" },
	};
	const guarded = guardPipelineText(
		"p",
		JSON.stringify({ processors: [broken] }),
	);
	await expect(
		callOpenSearch("PUT", `/_ingest/pipeline/${ids.inner}-broken`, guarded),
	).rejects.toThrow(/400 .*script_exception.*"script":"ctx\.\("/);
});

it("a condition that holds is run by nobody but the sidecar", async () => {
	const id = uniqueName("conditional");
	const throwing = {
		text_embedding: {
			...embedding("a").text_embedding,
			if: "ctx.not.there == 1",
		},
	};
	const guarded =
		guardPipelineText(id, JSON.stringify({ processors: [throwing] })) ?? "";
	await callOpenSearch("PUT", `/_ingest/pipeline/${id}`, guarded);
	const mark = /_ml_sidecar_[0-9a-f]{16}/.exec(guarded)?.[0] ?? "";
	const document = { a: "x", [mark]: { p0: "done" } };
	await callOpenSearch("PUT", `/${index}/_doc/2?pipeline=${id}`, document);
	expect(await callOpenSearch("GET", `/${index}/_source/2`)).toEqual({
		a: "x",
	});
	await callOpenSearch("DELETE", `/_ingest/pipeline/${id}`);
});

describe("a guard inside foreach", () => {
	it("refuses a document that nobody has seen, if there is an element", async () => {
		await expect(stored("each", { a: "x", l: [1, 2] })).rejects.toThrow(
			unseenReason,
		);
		expect(await stored("each", { a: "x", l: [] })).toEqual({ a: "x", l: [] });
	});

	it("lets a document pass that was seen, for every element", async () => {
		const document = { a: "x", l: [1, 2, 3] };
		expect(
			await stored("each", { ...document, [marks.each]: { p0: "done" } }),
		).toEqual(document);
	});
});
