import { describe, expect, it } from "vitest";
import { parseProcessor } from "../../ingest/processors/processor.ts";
import type { Step } from "../../ingest/step.ts";
import { BulkUpdates } from "../../sidecar/services/writes/bulk-updates.ts";

function step(name: string, options: object, before: object[] = []): Step {
	const stage = { processors: before, conditional: false };
	return {
		mark: "_ml_sidecar_0123456789abcdef",
		key: name,
		processor: parseProcessor(name, { model_id: "m", ...options }),
		stages: before.length > 0 ? [stage] : [],
		conditional: false,
	};
}

const dense = step("text_embedding", { field_map: { text: "vector" } });
const sparse = step("sparse_encoding", { field_map: { text: "tokens" } });
const behind = step("text_embedding", { field_map: { text: "other" } }, [
	{ lowercase: { field: "text" } },
]);
const requested = step("text_embedding", { field_map: { text: "requested" } });

/** What is done for an update line of an index whose own pipeline has these steps; the pipeline `p` has another one. */
async function worked(
	body: string,
	{
		steps = [dense],
		pipeline,
		embedsPartial = true,
	}: {
		steps?: readonly Step[];
		pipeline?: string;
		embedsPartial?: boolean;
	} = {},
) {
	const updates = new BulkUpdates({
		pipelines: {
			forWrite: async (_index, name) => ({
				steps: name === "p" ? [requested] : steps,
				implied: undefined,
			}),
		},
		embedsPartial,
	});
	const documents = await updates.forBulk(
		{
			action: {
				operation: "update",
				index: "i",
				id: "1",
				routing: undefined,
				pipeline,
			},
			actionLine: Buffer.from(""),
			source: Buffer.from(body),
		},
		{ index: undefined, pipeline: undefined },
	);
	return (
		documents && {
			marked: documents.every(({ document }) => document.isMarked),
			work: documents.map(({ document, steps }) => ({
				source: document.source,
				steps: steps.map(({ key }) => key),
			})),
			line: documents[0]?.document.render().toString(),
		}
	);
}

const embeds = ["text_embedding"];

describe("an update line", () => {
	it("is worked on where its partial document changes a text, which no guard sees", async () => {
		expect(await worked('{"doc":{"text":"x"}}\n')).toEqual({
			marked: false,
			work: [{ source: '{"text":"x"}', steps: embeds }],
			line: '{"doc":{"text":"x"}}\n',
		});
	});

	it.each([
		["that changes no text", '{"doc":{"n":1}}'],
		["that runs a script", '{"script":"x"}'],
		["that is none", '{"doc":{"text":"x"}'],
		["that OpenSearch refuses", '{"doc":{"text":"x"},"unknown":1}'],
	])("%s goes on as it came", async (_name, body) => {
		expect(await worked(body)).toBeUndefined();
	});

	it("takes what was made of a text away with the text", async () => {
		expect((await worked('{"doc":{"text":null}}\n'))?.line).toBe(
			'{"doc":{"text":null,"vector":null}}\n',
		);
	});

	it("has its upsert worked on for the pipeline of its action, the partial document for the index's", async () => {
		const body = '{"doc":{"n":1},"upsert":{"text":"x"}}';
		expect(await worked(body, { pipeline: "p" })).toMatchObject({
			marked: true,
			work: [{ source: '{"text":"x"}' }],
		});
		expect(
			await worked('{"doc":{"text":"y"},"upsert":{"text":"x"}}'),
		).toMatchObject({
			marked: false,
			work: [{ source: '{"text":"x"}' }, { source: '{"text":"y"}' }],
		});
		expect(await worked('{"script":"x","upsert":{"text":"x"}}')).toMatchObject({
			marked: true,
			work: [{ source: '{"text":"x"}' }],
		});
	});

	it("that inserts its partial document has it worked on as a whole, for the index's pipeline", async () => {
		const body = '{"doc":{"text":"x"},"doc_as_upsert":true}';
		const steps = [behind, sparse];
		expect(await worked(body, { steps, pipeline: "p" })).toMatchObject({
			marked: true,
			work: [{ steps: ["text_embedding", "sparse_encoding"] }],
		});
	});

	it("keeps the old tokens rather than mix them with new ones, and the old vector where the rest of the document counts", async () => {
		const body = '{"doc":{"text":"x"}}';
		expect(await worked(body, { steps: [sparse, behind] })).toBeUndefined();
		expect(await worked(body, { steps: [sparse, dense] })).toMatchObject({
			work: [{ steps: embeds }],
		});
	});

	it("is not worked on for its partial document where that is turned off", async () => {
		const off = { embedsPartial: false };
		expect(await worked('{"doc":{"text":"x"}}', off)).toBeUndefined();
		const body = '{"doc":{"text":"y"},"upsert":{"text":"x"}}';
		expect(await worked(body, off)).toMatchObject({
			marked: true,
			work: [{ source: '{"text":"x"}' }],
		});
	});
});
