import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sendBulk } from "../helpers/bulk-client.ts";
import { eventually } from "../helpers/eventually.ts";
import {
	type FaultedSidecar,
	startFaultedSidecar,
} from "../helpers/faulted-sidecar.ts";
import {
	FaultedIndex,
	linesOf,
	newDocuments,
	onBulks,
	partlyWithoutText,
	resultsOf,
} from "../helpers/faulted-writes.ts";
import type { FaultyOpenSearch } from "../helpers/faulty-opensearch.ts";
import { deploy, type TestSidecar } from "../helpers/sidecar.ts";

/** Documents of a bulk, which OpenSearch gets in some parts unless they are small. */
const count = 128;

/** As many of them as are certain to be more than two parts. */
const most = 100;

let faulted: FaultedSidecar;
let faulty: FaultyOpenSearch;
let sidecar: TestSidecar;
let model: string;
let index: FaultedIndex;

beforeAll(async () => {
	faulted = await startFaultedSidecar({
		SIDECAR_BULK_GROUP_DOCUMENTS: 16,
		SIDECAR_MODEL_QUEUE_TEXTS: 64,
		// Each text takes its time, also when it comes again.
		SIDECAR_RESULT_CACHE_BYTES: 0,
	});
	({ faulty, sidecar, model } = faulted);
});
afterEach(async () => {
	faulty.fault = undefined;
	await index.delete();
});
afterAll(() => faulted.end());

describe("a model that can't do its part of a bulk", () => {
	it("because it is undeployed in the middle: the items from then on say why, and those before are stored", async () => {
		index = await FaultedIndex.create(sidecar, model);
		const wanted = newDocuments(0, count);
		const bulks = onBulks(faulty, () => false);
		async function* body() {
			yield Buffer.from(linesOf(wanted.slice(0, most)));
			await eventually(async () => bulks.seen > 0);
			await sidecar.call("POST", `/_plugins/_ml/models/${model}/_undeploy`);
			yield Buffer.from(linesOf(wanted.slice(most)));
		}
		const url = `${sidecar.url}/${index.name}/_bulk`;
		const results = resultsOf(await sendBulk(url, body()), wanted);
		await deploy(sidecar, model);
		const begin = results.findIndex(({ status }) => status !== 201);
		expect(begin).toBeGreaterThan(0);
		const failed = results.slice(begin);
		for (const { status, error } of failed) {
			expect(status).toBe(400);
			// What waited for it, and what came after.
			expect(error?.reason).toMatch(/^Model not ready yet|has been unloaded$/);
		}
		expect(await index.expectStored(results, wanted)).toBe(
			count - failed.length,
		);
	});

	it("because the client gave it no time: the items that need it are to be sent again, and are not stored", async () => {
		index = await FaultedIndex.create(sidecar, model);
		const wanted = partlyWithoutText(newDocuments(0, count));
		const options = { query: "?timeout=1ms", small: true };
		const results = resultsOf(await index.bulk(wanted, options), wanted);
		const late = results.filter(({ status }) => status !== 201);
		expect(late.length).toBeGreaterThan(0);
		for (const { id, status, error } of late) {
			expect(wanted.find((one) => one.id === id)?.text).toBeDefined();
			expect(status).toBe(429);
			expect(error).toMatchObject({
				type: "timeout_exception",
				reason: `model ${model} gave no answer within 1 ms`,
			});
		}
		expect(await index.expectStored(results, wanted)).toBe(count - late.length);
	});

	it("because too many want it: what has no room, and nothing else, says 429; sent again everything is stored once", async () => {
		index = await FaultedIndex.create(sidecar, model);
		const clients = 8;
		const wanted = partlyWithoutText(newDocuments(0, clients * count));
		const stored = await Promise.all(
			Array.from({ length: clients }, (_, client) =>
				index.sendUntilStored(
					wanted.slice(client * count, (client + 1) * count),
				),
			),
		);
		const results = stored.flatMap(({ done }) => done);
		expect(await index.expectStored(results, wanted)).toBe(clients * count);
		const refused = stored.flatMap(({ refused }) => refused);
		expect(refused.length).toBeGreaterThan(0);
		for (const { id, error } of refused) {
			expect(wanted.find((one) => one.id === id)?.text).toBeDefined();
			expect(error?.reason).toContain("ingest queue is full");
		}
	});
});
