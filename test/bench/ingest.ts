import { peerVersion } from "../helpers/peer.ts";
import { readBenchOptions } from "./bench-options.ts";
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
import { MeasuredRows } from "./measured-rows.ts";
import { LoadGenerator } from "./runtime/load.ts";
import { startServers } from "./runtime/servers.ts";
import { BenchTexts } from "./runtime/texts.ts";

/*
 * How fast documents are written that get a vector of all-MiniLM-L6-v2, beside ml-commons with neural-search on this
 * machine: `npm run bench:ingest`, about ten minutes; `-- --quick` less than three, and coarser; `-- --only bulk,again`
 * parts of it; `-- --profile FOLDER` V8 profiles of the sidecar's process. Each side has an OpenSearch with the same heap,
 * and the same model files, texts and index: k-NN with the Lucene engine, one shard, made anew for each load. The sides
 * take turns, and are never loaded at the same time. It exits with 1 where a bound is missed.
 */

const parts = ["memory", "bulk", "again", "plain", "share"] as const;

const report = (line: string) => process.stderr.write(`${line}\n`);

const { quick, wanted, profile } = readBenchOptions(parts);
const plan = quick ? quickIngestPlan : wholeIngestPlan;
const rows = new MeasuredRows({
	wanted,
	report,
	versions: { "ml-commons and neural-search": peerVersion },
});
const ending = new Ending(report);
try {
	const texts = await BenchTexts.read();
	const load = await LoadGenerator.start();
	ending.add(() => load.end());
	const rest = new Rest(plan.restMs);
	await rows.measure("memory", () =>
		bulkMemory({ load, texts, plan, ending, report }),
	);
	if (parts.some((part) => part !== "memory" && wanted.has(part))) {
		const servers = await startServers({
			ending,
			report,
			settings: {},
			...profile,
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
		await rows.measureBoth("bulk", (precision) =>
			againstMlCommons(bench, precision),
		);
		await rows.measureBoth("again", (precision) => sentAgain(bench, precision));
		await rows.measure("plain", () => withoutEmbedding(bench, texts));
		if (wanted.has("share")) await servers.restart(rawShareSettings);
		await rows.measureBoth("share", (precision) =>
			rawShare(bench, precision, { texts, ending }),
		);
	}
	rows.print(rest);
} finally {
	await ending.end();
}
