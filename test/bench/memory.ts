import { once } from "node:events";
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import { startEmbedded } from "../../sidecar/dev/embedded-opensearch.ts";
import {
	fetchMiniLm,
	type ModelArtifact,
} from "../../sidecar/dev/model-artifact.ts";
import { SidecarClient } from "../../sidecar/dev/sidecar-client.ts";
import { largeModelVector, makeLargeModel } from "../helpers/large-model.ts";
import { LargeModelClient } from "../helpers/large-model-client.ts";
import {
	type PeakMemory,
	peakDuring,
	residentBytes,
} from "../helpers/process-memory.ts";
import { listening } from "../helpers/proxy-wire.ts";
import { runSidecar } from "../helpers/sidecar-process.ts";
import { Ending } from "./ending.ts";

/*
 * What the sidecar has in memory while a model of 1 GiB is registered, deployed and run: `npm run bench:memory` (Linux;
 * 6 GB of disk). It may rise by 96 MiB over what it was after a small model went the same way. The model itself is in a
 * process of its own, a child of the sidecar's, and shown apart.
 */

const mebibyte = 1024 * 1024;
const modelBytes = 1024 * mebibyte;
const riseLimit = 96 * mebibyte;
const report = (line: string) => process.stderr.write(`${line}\n`);

interface Step {
	name: string;
	peak: PeakMemory;
	seconds: number;
}

interface Surroundings {
	models: LargeModelClient;
	/** The sidecar's process. */
	pid: number;
	archive: ModelArtifact;
	/** Where that is served. */
	url: string;
	/** The sidecar's cache folder. */
	cache: string;
}

/** Every way that the large model can go. */
async function run(surroundings: Surroundings): Promise<Step[]> {
	const { models, pid, archive, url, cache } = surroundings;
	const steps: Step[] = [];
	const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
		report(name);
		const start = performance.now();
		const { result, peak } = await peakDuring(pid, work);
		const seconds = (performance.now() - start) / 1000;
		steps.push({ name, peak, seconds });
		return result;
	};
	const remove = (id: string) => step("delete", () => models.delete(id));

	await remove(
		await step("register in chunks", () => models.registerInChunks(archive)),
	);
	const file = pathToFileURL(archive.zipPath).href;
	await remove(
		await step("register by file URL", () =>
			models.registerByUrl(archive, file),
		),
	);
	const id = await step("register by http URL", () =>
		models.registerByUrl(archive, url),
	);
	await rm(join(cache, "models"), { recursive: true, force: true });
	await step("deploy, cache cold", () => models.deploy(id));
	requireExpected(await step("predict", () => models.vector(id)));
	await step("undeploy", () => models.undeploy(id));
	await step("deploy, cache warm", () => models.deploy(id));
	await step("undeploy", () => models.undeploy(id));
	await remove(id);
	return steps;
}

/** The first use of everything takes memory too, for code most of all: a small model goes first. */
async function warmUp(
	models: LargeModelClient,
	archive: ModelArtifact,
): Promise<void> {
	await models.allowUrls();
	const id = await models.registerInChunks(archive);
	await models.deploy(id);
	await models.vector(id);
	await models.undeploy(id);
	await models.delete(id);
}

function requireExpected(vector: readonly number[]): void {
	const isNear = (value: number, index: number) =>
		Math.abs(value - (vector[index] ?? Number.NaN)) < 1e-6;
	if (!largeModelVector().every(isNear))
		throw new Error(`the model gives another vector: ${vector}`);
}

function serve({ zipPath, sizeBytes }: ModelArtifact): Server {
	return createServer((_request, response) => {
		response.writeHead(200, { "content-length": sizeBytes });
		createReadStream(zipPath).pipe(response);
	});
}

function print(
	{ idle, baseline }: { idle: number; baseline: number },
	steps: readonly Step[],
): void {
	const shown = (bytes: number) => (bytes / mebibyte).toFixed(1);
	console.log(
		`MiB of the sidecar's process; after its start, before anything: ${shown(idle)}`,
	);
	const titles = ["step", "baseline", "peak", "rise", "model", "seconds"];
	console.log(titles.join("\t"));
	for (const { name, peak, seconds } of steps) {
		const sizes = [baseline, peak.own, peak.own - baseline, peak.children];
		console.log([name, ...sizes.map(shown), seconds.toFixed(1)].join("\t"));
	}
}

const ending = new Ending(report);

try {
	const miniLm = await fetchMiniLm({ precision: "fp32", report });
	report("making a model of 1 GiB");
	const zipPath = join(await ending.temporaryFolder(), "large.zip");
	const archive = await makeLargeModel(zipPath, modelBytes);
	const dataDir = await ending.temporaryFolder();
	const opensearch = await startEmbedded({
		env: process.env,
		report,
		port: 0,
		heap: "2g",
		dataDir,
	});
	ending.add(() => opensearch.stop());
	const server = serve(archive);
	const url = `http://127.0.0.1:${await listening(server)}/large.zip`;
	ending.add(async () => {
		server.closeAllConnections();
		await once(server.close(), "close");
	});
	const cache = await ending.temporaryFolder();
	const sidecar = await runSidecar({
		OPENSEARCH_URL: opensearch.url,
		SIDECAR_CACHE_DIR: cache,
		SIDECAR_DOWNLOAD_PRIVATE_ADDRESSES: "true",
		// Each would hold a copy of the model.
		SIDECAR_MODEL_ALLOCATIONS: "1",
	});
	ending.add(async () => {
		sidecar.child.kill("SIGTERM");
		await sidecar.closed;
	});
	const client = new SidecarClient(await sidecar.address);
	ending.add(() => client.close());
	const { pid } = sidecar.child;
	if (pid === undefined) throw new Error("no sidecar was started");

	const models = new LargeModelClient(client);
	const idle = await residentBytes(pid);
	await warmUp(models, miniLm);
	const baseline = await residentBytes(pid);
	const steps = await run({ models, pid, archive, url, cache });
	print({ idle, baseline }, steps);
	const isWithin = ({ peak }: Step) => peak.own - baseline <= riseLimit;
	if (!steps.every(isWithin)) process.exitCode = 1;
} finally {
	await ending.end();
}
