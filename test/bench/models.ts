import { rm } from "node:fs/promises";
import { join } from "node:path";
import { startEmbedded } from "../../sidecar/dev/embedded-opensearch.ts";
import {
	fetchMiniLm,
	type ModelArtifact,
} from "../../sidecar/dev/model-artifact.ts";
import { startPeer } from "../helpers/peer.ts";
import { runSidecar, type SidecarProcess } from "../helpers/sidecar-process.ts";
import { Contestant } from "./contestant.ts";
import { Ending } from "./ending.ts";
import { median } from "./runtime/statistics.ts";

/*
 * How long it takes to register, deploy and delete all-MiniLM-L6-v2 (fp32, 83 MB), beside ml-commons on this machine:
 * `npm run bench:models`. Each side has an OpenSearch of its own with the same heap; rounds alternate, and the medians
 * are compared.
 */

const rounds = 5;
const report = (line: string) => process.stderr.write(`${line}\n`);

/** @param emptyCache makes the next deployment a cold one */
async function round(
	contestant: Contestant,
	artifact: ModelArtifact,
	emptyCache: () => Promise<void>,
): Promise<void> {
	const chunked = await contestant.timed("register in chunks", () =>
		contestant.registerInChunks(artifact),
	);
	await contestant.delete(chunked);
	const id = await contestant.timed("register by URL", () =>
		contestant.registerByUrl(artifact),
	);
	await emptyCache();
	await contestant.timed("deploy", () => contestant.deploy(id));
	await contestant.undeploy(id);
	await contestant.timed("deploy, cache warm", () => contestant.deploy(id));
	await contestant.undeploy(id);
	await contestant.timed("delete", () => contestant.delete(id));
}

function print(ours: Contestant, theirs: Contestant): void {
	const row = (name: string, mine: number, other: number) =>
		console.log(
			[name, mine.toFixed(0), other.toFixed(0), (mine / other).toFixed(2)].join(
				"\t",
			),
		);
	console.log(["step", "sidecar ms", "ml-commons ms", "ratio"].join("\t"));
	for (const [step, times] of ours.times)
		row(step, median(times), median(theirs.times.get(step) ?? []));
	row(
		"deploy, cache warm, to its first deploy",
		median(ours.times.get("deploy, cache warm") ?? []),
		median(theirs.times.get("deploy") ?? []),
	);
}

const ending = new Ending(report);
const peerData = await ending.temporaryFolder();
const data = await ending.temporaryFolder();
const cacheFolder = await ending.temporaryFolder();
try {
	const artifact = await fetchMiniLm({ precision: "fp32", report });
	const peer = await startPeer({ dataDir: peerData, report });
	ending.add(() => peer.stop());
	const opensearch = await startEmbedded({
		env: process.env,
		report,
		port: 0,
		heap: "2g",
		dataDir: data,
	});
	ending.add(() => opensearch.stop());
	const sidecar: SidecarProcess = await runSidecar({
		OPENSEARCH_URL: opensearch.url,
		SIDECAR_CACHE_DIR: cacheFolder,
	});
	ending.add(async () => {
		sidecar.child.kill("SIGTERM");
		await sidecar.closed;
	});
	const theirs = new Contestant(peer.url);
	const ours = new Contestant(await sidecar.address);
	await ours.allow();
	for (let number = 1; number <= rounds; number++) {
		report(`round ${number} of ${rounds}`);
		await round(ours, artifact, () =>
			rm(join(cacheFolder, "models"), { recursive: true, force: true }),
		);
		await round(theirs, artifact, async () => undefined);
	}
	print(ours, theirs);
} finally {
	await ending.end();
}
