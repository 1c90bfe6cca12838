import fc from "fast-check";
import { type Node, parseTree } from "jsonc-parser";
import { expect, test } from "vitest";
import { inOrder, readBulkAnswer } from "../../ingest/bulk/bulk-answer.ts";
import {
	type BulkItem,
	readItems,
	splitLines,
} from "../../ingest/bulk/bulk-lines.ts";
import { PreparedDocument } from "../../ingest/document.ts";
import type { JsonObject } from "../../ingest/json.ts";
import { members } from "../../ingest/json-tree.ts";
import { stepsOf } from "../../ingest/pipelines/guard.ts";
import {
	guardPipelineText,
	unguardPipelinesText,
} from "../../ingest/pipelines/guard-text.ts";
import { parseProcessor } from "../../ingest/processors/processor.ts";
import type { Step } from "../../ingest/step.ts";
import { randomBulkAnswer } from "../helpers/random-bulk-answer.ts";
import { randomBulkBody } from "../helpers/random-bulk-body.ts";
import {
	embedded,
	randomDocument,
	undotted,
	vectorOf,
} from "../helpers/random-documents.ts";
import {
	randomPipelines,
	type StepOf,
	stepsThrough,
} from "../helpers/random-pipelines.ts";

/** Longest line in bytes; none of those here is. */
const lineLimit = 1_000_000;

/** A body cut into pieces of these sizes, again and again; some have nothing in them. */
async function* cut(
	body: Buffer,
	sizes: readonly number[],
): AsyncGenerator<Buffer> {
	for (let start = 0, piece = 0; start < body.length; piece++) {
		const size = sizes[piece % sizes.length] ?? 1;
		yield body.subarray(start, start + size);
		start += size;
	}
}

/** At least one is not 0, or there would be no end. */
const sizes = fc
	.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 8 })
	.map((made) => [...made, 1]);

test("a bulk body, however it comes, is handed on to the byte, and each item is what the client wrote", async () => {
	await fc.assert(
		fc.asyncProperty(randomBulkBody, sizes, async ({ body, items }, pieces) => {
			const passed: (Buffer | undefined)[] = [];
			const read: unknown[] = [];
			const made: BulkItem[] = [];
			for await (const batch of readItems(
				splitLines(cut(body, pieces), lineLimit),
			))
				made.push(...batch);
			for (const { action, actionLine, source } of made) {
				passed.push(actionLine, source);
				if (action)
					read.push({
						action,
						actionLine: String(actionLine),
						source: source && String(source),
					});
			}
			const bytes = Buffer.concat(passed.map((part) => part ?? Buffer.of()));
			expect(bytes.equals(body)).toBe(true);
			expect(read).toEqual(
				items.map((item) => ({
					...item,
					action: expect.objectContaining(item.action),
				})),
			);
		}),
		{ numRuns: 500 },
	);
});

test("each item's result is told in its place, whatever failed before it could be written", () => {
	fc.assert(
		fc.property(randomBulkAnswer, ({ targets, expected, json }) => {
			const answer = readBulkAnswer(json);
			const results = inOrder(answer?.items ?? [], targets);
			expect(results.map((result) => result.json)).toEqual(expected);
		}),
		{ numRuns: 1_000 },
	);
});

/** A document with vectors that tell which text they are of, or why it can't have any. */
function embed(source: string, fieldMap: JsonObject) {
	const options = { model_id: "m", field_map: fieldMap };
	const step: Step = {
		mark: "mark",
		key: "p0",
		processor: parseProcessor("text_embedding", options),
		stages: [],
		conditional: false,
	};
	const document = PreparedDocument.parse(Buffer.from(source));
	if (!document) throw new Error(`no document: ${source}`);
	const finding = document.find(step);
	if ("failure" in finding) return finding;
	for (const slot of finding.slots) {
		const vectors = slot.texts.map((text) => JSON.stringify(vectorOf(text)));
		document.place(slot, vectors, step);
	}
	const text = document.render().toString();
	document.markDone(step);
	return { text, marked: document.render().toString() };
}

test("a document gets the vectors that its field map asks for, and keeps all else to the byte", () => {
	let [embeddings, refusals] = [0, 0];
	fc.assert(
		fc.property(randomDocument, ({ text, fieldMap, mapped }) => {
			const original = undotted(JSON.parse(text));
			const expected = embedded(original, mapped);
			const made = embed(text, fieldMap);
			if ("failure" in made) {
				refusals++;
				expect(expected, made.failure.reason).toBeUndefined();
				return;
			}
			expect(undotted(JSON.parse(made.text))).toEqual(expected);
			if (made.text !== text) embeddings++;
			for (const edited of [made.text, made.marked])
				expect(withoutAdditions(edited, text)).toBe(text);
		}),
		{ numRuns: 2_000 },
	);
	// It would say little if all were refused, or had nothing to embed.
	expect(embeddings).toBeGreaterThan(500);
	expect(refusals).toBeGreaterThan(50);
});

test("a document that is written again, vectors and all, is the same as before", () => {
	fc.assert(
		fc.property(randomDocument, ({ text, fieldMap }) => {
			const once = embed(text, fieldMap);
			if ("failure" in once) return;
			expect(embed(once.text, fieldMap)).toMatchObject({ text: once.text });
		}),
		{ numRuns: 1_000 },
	);
});

/** A document without the members that another one, which it was made of, does not have. */
function withoutAdditions(text: string, original: string): string {
	const additions: { start: number; end: number }[] = [];
	const compare = (edited: Node, before: Node): void => {
		if (before.type === "array")
			before.children?.forEach((element, at) => {
				const same = edited.children?.[at];
				if (same) compare(same, element);
			});
		if (before.type !== "object") return;
		const old = members(before);
		for (const [at, member] of members(edited).entries()) {
			const next = old[0];
			if (next?.name === member.name) {
				compare(member.value, next.value);
				old.shift();
				continue;
			}
			const { offset, length } = member.node;
			const comma = at === 0 ? offset : text.lastIndexOf(",", offset);
			additions.push({ start: comma, end: offset + length });
		}
	};
	const [edited, before] = [parseTree(text), parseTree(original)];
	if (edited && before) compare(edited, before);
	return additions
		.sort((a, b) => b.start - a.start)
		.reduce(
			(rest, { start, end }) => rest.slice(0, start) + rest.slice(end),
			text,
		);
}

test("pipelines are read back as they were put, and a write that goes through them has every embedding as a step, in order", () => {
	let count = 0;
	fc.assert(
		fc.property(randomPipelines, fc.constantFrom(0, 2), (pipelines, spaces) => {
			const stored = new Map<string, unknown>();
			for (const [id, definition] of pipelines) {
				const text = JSON.stringify(definition, null, spaces);
				const guarded = guardPipelineText(id, text) ?? text;
				expect(guarded).not.toContain(`{"text_embedding"`);
				const back = unguardPipelinesText(`{"${id}":${guarded}}`);
				expect(JSON.parse(back)).toEqual({ [id]: definition });
				if (spaces === 0) expect(back).toBe(`{"${id}":${text}}`);
				stored.set(id, JSON.parse(guarded));
			}
			for (const id of pipelines.keys()) {
				const steps = stepsOf(id, stored);
				const told = steps.map(
					({ processor, conditional }): StepOf => ({
						modelId: "modelId" in processor ? processor.modelId : "",
						conditional,
					}),
				);
				expect(told).toEqual(stepsThrough(id, pipelines));
				// One that was carried out must not let a document pass that lacks another.
				const keys = new Set(steps.map(({ mark, key }) => `${mark} ${key}`));
				expect(keys.size).toBe(steps.length);
				count += steps.length;
			}
		}),
		{ numRuns: 500 },
	);
	expect(count).toBeGreaterThan(500);
});
