import { peerVersion } from "../helpers/peer.ts";
import { readBenchOptions } from "./bench-options.ts";
import { Ending } from "./ending.ts";
import { MeasuredRows } from "./measured-rows.ts";
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

/** The parts for which the two that are compared are started. */
const served = ["single", "many", "under-bulk", "deploy", "repeated"] as const;
const parts = ["bulk", "memory", "load", ...served] as const;

const report = (line: string) => process.stderr.write(`${line}\n`);

const { quick, wanted, profile } = readBenchOptions(parts);
const plan = quick ? quickPlan : wholePlan;
const rounds = plan.fewRounds;
const rows = new MeasuredRows({
	wanted,
	report,
	versions: { "ml-commons": peerVersion },
});
const ending = new Ending(report);
try {
	const texts = await BenchTexts.read();
	const glosses = texts.glosses(plan.glosses);
	const paragraphs = texts.paragraphs(plan.paragraphs);
	const surroundings = { rounds, ending, report };
	await rows.measureBoth("bulk", (precision) =>
		bulkLimit(precision, { ...surroundings, glosses, paragraphs }),
	);
	const mixed = [...glosses.slice(0, 200), ...paragraphs.slice(0, 20)];
	await rows.measureBoth("memory", (precision) =>
		allocationMemory(precision, { ...surroundings, texts: mixed }),
	);
	const load = await LoadGenerator.start();
	ending.add(() => load.end());
	await rows.measure("load", () => loadLimit(load, plan));
	if (served.some((part) => wanted.has(part))) {
		const servers = await startServers({
			ending,
			report,
			settings: { SIDECAR_RESULT_CACHE_BYTES: "0" },
			...profile,
		});
		const bench: PredictBench = { servers, load, texts, plan };
		for (const precision of precisions) await warmUp(bench, precision);
		await rows.measureBoth("single", (p) => singleClient(bench, p));
		await rows.measureBoth("many", (p) => manyClients(bench, p));
		await rows.measureBoth("under-bulk", (p) => underBulk(bench, p));
		await rows.measure("deploy", () => warmDeploy(bench));
		if (wanted.has("repeated")) await servers.restart({});
		await rows.measureBoth("repeated", (p) => repeatedTexts(bench, p));
	}
	rows.print();
} finally {
	await ending.end();
}
