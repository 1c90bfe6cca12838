import { startEmbedded } from "../../../sidecar/dev/embedded-opensearch.ts";
import {
	fetchMiniLm,
	type ModelArtifact,
	type Precision,
} from "../../../sidecar/dev/model-artifact.ts";
import { startPeer } from "../../helpers/peer.ts";
import { runSidecar } from "../../helpers/sidecar-process.ts";
import { Contestant } from "../contestant.ts";
import type { Ending } from "../ending.ts";
import { until } from "./until.ts";

/** One of the two that are compared, with both models deployed. */
export interface Side {
	contestant: Contestant;
	models: Record<Precision, string>;
}

export interface Servers {
	ours: Side;
	theirs: Side;
	/** The OpenSearch behind the sidecar. */
	opensearchUrl: string;
	/** Ends the sidecar, and starts it again with other settings; resolves when its models serve again. */
	restart(settings: NodeJS.ProcessEnv): Promise<void>;
}

export interface ServerOptions {
	ending: Ending;
	report: (line: string) => void;
	/** Of the sidecar's first start. */
	settings: NodeJS.ProcessEnv;
	/** Where V8 puts profiles of the sidecar's process; none if left out. */
	profileFolder?: string;
}

/** Starts ml-commons, and a sidecar before an OpenSearch of its own with a heap of the same size. */
export async function startServers(options: ServerOptions): Promise<Servers> {
	const { ending, report } = options;
	const artifacts = {
		fp32: await fetchMiniLm({ precision: "fp32", report }),
		int8: await fetchMiniLm({ precision: "int8", report }),
	};
	const peer = await startPeer({
		dataDir: await ending.temporaryFolder(),
		report,
	});
	ending.add(() => peer.stop());
	const opensearch = await startEmbedded({
		env: process.env,
		report,
		port: 0,
		heap: "2g",
		dataDir: await ending.temporaryFolder(),
	});
	ending.add(() => opensearch.stop());
	const environment = {
		OPENSEARCH_URL: opensearch.url,
		SIDECAR_CACHE_DIR: await ending.temporaryFolder(),
	};
	const start = (settings: NodeJS.ProcessEnv) =>
		startSidecar({ ...environment, ...settings }, options);
	let sidecar = await start(options.settings);
	const ours = new Contestant(sidecar.url);
	await ours.allow();
	const servers: Servers = {
		ours: { contestant: ours, models: await deployAll(ours, artifacts) },
		theirs: await side(new Contestant(peer.url), artifacts),
		opensearchUrl: opensearch.url,
		async restart(settings) {
			await sidecar.stop();
			sidecar = await start(settings);
			const contestant = new Contestant(sidecar.url);
			const { models } = servers.ours;
			for (const id of Object.values(models))
				await until(() => isServing(contestant, id));
			servers.ours = { contestant, models };
		},
	};
	return servers;
}

async function side(
	contestant: Contestant,
	artifacts: Record<Precision, ModelArtifact>,
): Promise<Side> {
	return { contestant, models: await deployAll(contestant, artifacts) };
}

async function deployAll(
	contestant: Contestant,
	artifacts: Record<Precision, ModelArtifact>,
): Promise<Record<Precision, string>> {
	const deployed = async (artifact: ModelArtifact) => {
		const id = await contestant.registerByUrl(artifact);
		await contestant.deploy(id);
		return id;
	};
	return {
		fp32: await deployed(artifacts.fp32),
		int8: await deployed(artifacts.int8),
	};
}

async function isServing({ url }: Contestant, id: string): Promise<boolean> {
	const { ok } = await fetch(`${url}/_plugins/_ml/models/${id}/_predict`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ text_docs: ["is anybody there"] }),
	});
	return ok;
}

async function startSidecar(
	settings: NodeJS.ProcessEnv,
	{ ending, profileFolder }: ServerOptions,
): Promise<{ url: string; stop: () => Promise<unknown> }> {
	const nodeOptions =
		profileFolder === undefined
			? []
			: ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
	const { child, address, closed } = await runSidecar(settings, nodeOptions);
	const stop = async () => {
		child.kill("SIGTERM");
		await closed;
	};
	ending.add(stop);
	const url = await address;
	return { url, stop };
}
