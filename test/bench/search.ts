import { peerVersion } from "../helpers/peer.ts";
import { readBenchOptions } from "./bench-options.ts";
import { Ending } from "./ending.ts";
import { Rest } from "./ingest/rest.ts";
import { MeasuredRows } from "./measured-rows.ts";
import { LoadGenerator } from "./runtime/load.ts";
import { startServers } from "./runtime/servers.ts";
import { BenchTexts } from "./runtime/texts.ts";
import { startBareForwarder } from "./search/bare-forwarder.ts";
import { manyClients, repeatedTexts } from "./search/many-clients.ts";
import { startNginx } from "./search/nginx.ts";
import { oneClient } from "./search/one-client.ts";
import { plainSearches } from "./search/plain-searches.ts";
import { quickSearchPlan, wholeSearchPlan } from "./search/plan.ts";
import {
	prepareSearches,
	type SearchBench,
	unusedQueries,
} from "./search/search-bench.ts";
import { hybridSearch, neuralSearch } from "./search/search-calls.ts";
import { putHybridPipeline } from "./search/search-index.ts";

/*
 * How fast texts are searched for with all-MiniLM-L6-v2, beside neural-search on this machine: `npm run bench:search`, about
 * ten minutes; `-- --quick` two, and coarser; `-- --only neural,hybrid` parts of it; `-- --profile FOLDER` V8 profiles
 * of the sidecar's process. Each side has an OpenSearch with the same heap, and the same model files, texts and
 * documents with the same vectors: k-NN with the Lucene engine, one shard of one segment. The sides take turns, and are
 * never loaded at the same time. It exits with 1 where a bound is missed.
 */

const parts = ["neural", "many", "zipf", "hybrid", "plain"] as const;

const report = (line: string) => process.stderr.write(`${line}\n`);

const { quick, wanted, profile } = readBenchOptions(parts);
const plan = quick ? quickSearchPlan : wholeSearchPlan;
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
	const servers = await startServers({
		ending,
		report,
		settings: {},
		...profile,
	});
	const rest = new Rest(plan.restMs);
	const unused = unusedQueries(texts, plan);
	const bench: SearchBench = { servers, load, rest, plan, unused, report };
	await prepareSearches(bench, texts);
	await rows.measureBoth("neural", (precision) =>
		oneClient(bench, {
			what: "neural",
			make: neuralSearch,
			precision,
			most: 0.8,
		}),
	);
	await rows.measureBoth("many", (precision) => manyClients(bench, precision));
	await rows.measureBoth("zipf", (precision) =>
		repeatedTexts(bench, precision),
	);
	await rows.measureBoth("hybrid", async (precision) => {
		for (const { contestant } of [servers.ours, servers.theirs])
			await putHybridPipeline(contestant.url);
		return oneClient(bench, {
			what: "hybrid (match and neural)",
			make: hybridSearch,
			precision,
			most: 1,
		});
	});
	await rows.measure("plain", async () =>
		plainSearches(bench, {
			bareUrl: await startBareForwarder(servers.opensearchUrl, ending),
			nginxUrl: await startNginx(servers.opensearchUrl, ending),
			texts: texts.short(plan.plain),
		}),
	);
	rows.print(rest);
} finally {
	await ending.end();
}
