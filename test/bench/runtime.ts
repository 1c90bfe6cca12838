import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import type { Precision } from "../../sidecar/dev/model-artifact.ts";
import { peerVersion } from "../helpers/peer.ts";
import { Ending } from "./ending.ts";
import { allocationMemory } from "./runtime/allocation-memory.ts";
import { bulkLimit } from "./runtime/bulk-limit.ts";
import { LoadGenerator } from "./runtime/load.ts";
import { loadLimit } from "./runtime/load-limit.ts";
import { precisions, quickPlan, wholePlan } from "./runtime/plan.ts";
import {
	manyClients,
	type PredictBench,
	repeatedTexts,
	singleClient,
	warmUp,
} from "./runtime/predict-rows.ts";
import { startServers } from "./runtime/servers.ts";
import { circumstances, isMet, markdown, type Row } from "./runtime/table.ts";
import { BenchTexts } from "./runtime/texts.ts";
import { underBulk } from "./runtime/under-bulk.ts";
import { warmDeploy } from "./runtime/warm-deploy.ts";

/*
 * How fast all-MiniLM-L6-v2 runs, beside ml-commons on this machine and beside ONNX Runtime alone:
 * `npm run bench:runtime`, about ten minutes; `-- --quick` less than three, and coarser; `-- --only single,many` parts
 * of it; `-- --profile FOLDER` V8 profiles of the sidecar's process. Each side has an OpenSearch with the same heap, and the
 * same model files and texts; they take turns, and are never loaded at the same time. It exits with 1 where a
 * bound is missed.
 */

const parts = [
	"bulk",
	"memory",
	"load",
	"single",
	"many",
	"under-bulk",
	"deploy",
	"repeated",
] as const;
type Part = (typeof parts)[number];

const report = (line: string) => process.stderr.write(`${line}\n`);

const { values } = parseArgs({
	options: {
		quick: { type: "boolean", default: false },
		only: { type: "string", default: parts.join() },
		profile: { type: "string" },
	},
});
const wanted = new Set(values.only.split(","));
for (const name of wanted)
	if (!parts.some((part) => part === name))
		throw new Error(`--only takes ${parts.join()}, not ${name}`);
const plan = values.quick ? quickPlan : wholePlan;
const rounds = plan.fewRounds;

const rows: Row[] = [];

/** Measures a part, if it is wanted, and says at once what came out. */
async function measure(
	part: Part,
	measured: () => Promise<Row[]>,
): Promise<void> {
	if (!wanted.has(part)) return;
	const start = performance.now();
	const made = await measured();
	const seconds = ((performance.now() - start) / 1000).toFixed(0);
	report(`${part}, ${seconds} s\n${markdown(made)}`);
	rows.push(...made);
}

async function measureBoth(
	part: Part,
	measured: (precision: Precision) => Promise<Row[]>,
): Promise<void> {
	for (const precision of precisions)
		await measure(part, () => measured(precision));
}

function versionOf(name: string): string {
	const { version } = createRequire(import.meta.url)(`${name}/package.json`);
	return String(version);
}

const measuredOn = circumstances({
	"ml-commons": peerVersion,
	"onnxruntime-node": versionOf("onnxruntime-node"),
	"Node.js": process.versions.node,
});
const ending = new Ending(report);
try {
	const texts = await BenchTexts.read();
	const glosses = texts.glosses(plan.glosses);
	const paragraphs = texts.paragraphs(plan.paragraphs);
	const surroundings = { rounds, ending, report };
	await measureBoth("bulk", (precision) =>
		bulkLimit(precision, { ...surroundings, glosses, paragraphs }),
	);
	const mixed = [...glosses.slice(0, 200), ...paragraphs.slice(0, 20)];
	await measureBoth("memory", (precision) =>
		allocationMemory(precision, { ...surroundings, texts: mixed }),
	);
	const load = await LoadGenerator.start();
	ending.add(() => load.end());
	await measure("load", () => loadLimit(load, plan));
	const served = ["single", "many", "under-bulk", "deploy", "repeated"];
	if (served.some((part) => wanted.has(part))) {
		const servers = await startServers({
			ending,
			report,
			settings: { SIDECAR_RESULT_CACHE_BYTES: "0" },
			...(values.profile !== undefined && { profileFolder: values.profile }),
		});
		const bench: PredictBench = { servers, load, texts, plan };
		for (const precision of precisions) await warmUp(bench, precision);
		await measureBoth("single", (p) => singleClient(bench, p));
		await measureBoth("many", (p) => manyClients(bench, p));
		await measureBoth("under-bulk", (p) => underBulk(bench, p));
		await measure("deploy", () => warmDeploy(bench));
		if (wanted.has("repeated")) await servers.restart({});
		await measureBoth("repeated", (p) => repeatedTexts(bench, p));
	}
	console.log(`${measuredOn}\n\n${markdown(rows)}`);
	if (rows.some((row) => isMet(row) === false)) process.exitCode = 1;
} finally {
	await ending.end();
}
