import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import type { Precision } from "../../sidecar/dev/model-artifact.ts";
import { peerVersion } from "../helpers/peer.ts";
import { Ending } from "./ending.ts";
import { againstMlCommons } from "./ingest/against-ml-commons.ts";
import { bulkMemory } from "./ingest/bulk-memory.ts";
import {
	type IngestBench,
	prepareSidecar,
	unusedTexts,
} from "./ingest/ingest-bench.ts";
import { quickIngestPlan, wholeIngestPlan } from "./ingest/plan.ts";
import { rawShare, rawShareSettings } from "./ingest/raw-share.ts";
import { Rest } from "./ingest/rest.ts";
import { sentAgain } from "./ingest/sent-again.ts";
import { withoutEmbedding } from "./ingest/without-embedding.ts";
import { LoadGenerator } from "./runtime/load.ts";
import { precisions } from "./runtime/plan.ts";
import { startServers } from "./runtime/servers.ts";
import { circumstances, isMet, markdown, type Row } from "./runtime/table.ts";
import { BenchTexts } from "./runtime/texts.ts";

/*
 * How fast documents are written that get a vector of all-MiniLM-L6-v2, beside ml-commons with neural-search on this
 * machine: `npm run bench:ingest`, about ten minutes; `-- --quick` less than three, and coarser; `-- --only bulk,again`
 * parts of it; `-- --profile FOLDER` V8 profiles of the sidecar's process. Each side has an OpenSearch with the same heap,
 * and the same model files, texts and index: k-NN with the Lucene engine, one shard, made anew for each load. The sides
 * take turns, and are never loaded at the same time. It exits with 1 where a bound is missed.
 */

const parts = ["memory", "bulk", "again", "plain", "share"] as const;
type Part = (typeof parts)[number];

const report = (line: string) => process.stderr.write(`${line}\n`);

const { values } = parseArgs({
	options: {
		quick: { type: "boolean", default: false },
		only: { type: "string", default: parts.join() },
		profile: { type: "string" },
	},
});
const wanted = values.only.split(",").map((name) => {
	const found = parts.find((part) => part === name);
	if (found !== undefined) return found;
	throw new Error(`--only takes ${parts.join()}, not ${name}`);
});
const plan = values.quick ? quickIngestPlan : wholeIngestPlan;

const rows: Row[] = [];

/** Says at once what came out, if the part is wanted. */
async function measure(
	part: Part,
	measured: readonly (() => Promise<Row[]>)[],
): Promise<void> {
	if (!wanted.includes(part)) return;
	for (const one of measured) {
		const start = performance.now();
		const made = await one();
		const seconds = ((performance.now() - start) / 1000).toFixed(0);
		report(`${part}, ${seconds} s\n${markdown(made)}`);
		rows.push(...made);
	}
}

function each(measured: (precision: Precision) => Promise<Row[]>) {
	return precisions.map((precision) => () => measured(precision));
}

const onnxRuntime: unknown = createRequire(import.meta.url)(
	"onnxruntime-node/package.json",
).version;
const measuredOn = circumstances({
	"ml-commons and neural-search": peerVersion,
	"onnxruntime-node": String(onnxRuntime),
	"Node.js": process.versions.node,
});
const ending = new Ending(report);
try {
	const texts = await BenchTexts.read();
	const load = await LoadGenerator.start();
	ending.add(() => load.end());
	const rest = new Rest(plan.restMs);
	await measure("memory", [
		() => bulkMemory({ load, texts, plan, ending, report }),
	]);
	if (wanted.some((part) => part !== "memory")) {
		const servers = await startServers({
			ending,
			report,
			settings: {},
			...(values.profile !== undefined && { profileFolder: values.profile }),
		});
		const bench: IngestBench = {
			servers,
			load,
			rest,
			plan,
			unused: unusedTexts(texts, plan),
			report,
		};
		await prepareSidecar(bench);
		await measure(
			"bulk",
			each((precision) => againstMlCommons(bench, precision)),
		);
		await measure(
			"again",
			each((precision) => sentAgain(bench, precision)),
		);
		await measure("plain", [() => withoutEmbedding(bench, texts)]);
		if (wanted.includes("share")) await servers.restart(rawShareSettings);
		await measure(
			"share",
			each((precision) => rawShare(bench, precision, { texts, ending })),
		);
	}
	console.log(`${measuredOn}; ${rest}\n\n${markdown(rows)}`);
	if (rows.some((row) => isMet(row) === false)) process.exitCode = 1;
} finally {
	await ending.end();
}
