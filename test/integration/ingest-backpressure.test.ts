import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { bulkLines, sendBulk } from "../helpers/bulk-client.ts";
import {
	type FaultyOpenSearch,
	startFaultyOpenSearch,
} from "../helpers/faulty-opensearch.ts";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import {
	canMeasureMemory,
	peakDuring,
	residentBytes,
} from "../helpers/process-memory.ts";
import { type ServedModel, serveModel } from "../helpers/served-model.ts";
import { runSidecar, type SidecarProcess } from "../helpers/sidecar-process.ts";
import {
	expectVectorsOfTexts,
	storedDocuments,
} from "../helpers/stored-documents.ts";

const mebibyte = 1024 * 1024;

/** Documents of a bulk that is as large as OpenSearch takes one. */
const count = 1_500;
const ballast = "x".repeat(64 * 1024);

/** What the sidecar may take of it while nothing of it is taken by OpenSearch, with what is in sockets. */
const readLimit = 60 * mebibyte;

/** What such a bulk may add to the sidecar's own process. */
const riseLimit = 200 * mebibyte;

/** Looks at a number that does not change any more, and the time between two of them, milliseconds. */
const looks = 20;
const lookMs = 50;

const index = uniqueName("slow");
const ends: (() => unknown)[] = [];
let faulty: FaultyOpenSearch;
let sidecar: SidecarProcess;
let url: string;
let model: ServedModel;

beforeAll(async () => {
	faulty = await startFaultyOpenSearch();
	ends.push(() => faulty.close());
	sidecar = await runSidecar({
		OPENSEARCH_URL: faulty.url,
		SIDECAR_MODEL_ALLOCATIONS: "1",
	});
	ends.push(() => {
		sidecar.child.kill("SIGTERM");
		return sidecar.closed;
	});
	url = await sidecar.address;
	model = await serveModel(url, inject("minilm").int8);
	ends.push(() => model.remove(url));
	await callOpenSearch("PUT", `/${index}`, {
		settings: { "index.default_pipeline": model.pipeline },
		mappings: { dynamic: false, properties: {} },
	});
	ends.push(() => callOpenSearch("DELETE", `/${index}`));
});
afterAll(async () => {
	faulty.fault = undefined;
	for (const end of ends.reverse()) await end();
});

const documents = Array.from({ length: count }, (_, n) => ({
	id: `${n}`,
	text: `one of some texts, ${n % 50}`,
}));

/** Waits until a number has been the same for a second. */
async function unchanged(number: () => number): Promise<void> {
	let last = number();
	for (let same = 0; same < looks; same++) {
		await setTimeout(lookMs);
		if (number() !== last) same = 0;
		last = number();
	}
}

it.runIf(canMeasureMemory)(
	"a large bulk is read no faster than OpenSearch takes it, with little memory, and arrives whole",
	async () => {
		const { pid } = sidecar.child;
		if (pid === undefined) throw new Error("no sidecar was started");
		const path = `${url}/${index}/_bulk`;
		await sendBulk(path, bulkLines({ index: { _id: "0" } }, { text: "warm" }));
		const before = await residentBytes(pid);
		let read = 0;
		async function* body() {
			for (const { id, text } of documents) {
				const lines = bulkLines({ index: { _id: id } }, { text, ballast });
				read += lines.length;
				yield Buffer.from(lines);
			}
		}
		let goOn = () => {};
		const holds = new Promise<void>((resolve) => {
			goOn = resolve;
		});
		faulty.fault = ({ url = "" }) =>
			url.includes("/_bulk") ? { holds } : undefined;
		const { result: answer, peak } = await peakDuring(pid, async () => {
			const answering = sendBulk(path, body());
			await unchanged(() => read);
			expect(read).toBeGreaterThan(0);
			expect(read).toBeLessThan(readLimit);

			goOn();
			return answering;
		});

		expect(read).toBeGreaterThan(90 * mebibyte);
		expect(answer.items?.map(({ id }) => id)).toEqual(
			documents.map(({ id }) => id),
		);
		expect(answer.errors, answer.text.slice(0, 1_000)).toBe(false);
		expect(peak.own - before).toBeLessThan(riseLimit);
		const stored = await storedDocuments(index, ["ballast"]);
		expect(stored.size).toBe(count);
		const vectors = [...stored].map(([at, { text, vector }]) => ({
			at,
			text: String(text),
			vector: Array.isArray(vector) ? vector : [],
		}));
		await expectVectorsOfTexts(url, model.id, vectors);
	},
);
