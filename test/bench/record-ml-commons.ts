import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	fetchMiniLm,
	type ModelArtifact,
} from "../../sidecar/dev/model-artifact.ts";
import { peerVersion, startPeer } from "../helpers/peer.ts";
import { recordedTexts } from "./recorded-texts.ts";
import { isRecord, Recorder } from "./recorder.ts";
import { registrationCalls } from "./registration-calls.ts";
import { runningCalls } from "./running-calls.ts";

/**
 * Records what ml-commons answers, for the tests to compare with: vectors of both precisions of MiniLM, and the
 * model API's answers. They are written on one line; the formatter makes them fit for comparing.
 */
const folder = new URL("../fixtures/ml-commons/", import.meta.url);
const report = (line: string) => process.stderr.write(`${line}\n`);

async function deploy(
	recorder: Recorder,
	name: string,
	model: ModelArtifact,
): Promise<string> {
	const registered = await recorder.call(
		"POST",
		"/_plugins/_ml/models/_register",
		{
			name,
			version: "1.0.0",
			model_format: "ONNX",
			function_name: "TEXT_EMBEDDING",
			model_content_hash_value: model.sha256,
			url: `file://${model.zipPath}`,
			model_config: {
				model_type: "bert",
				embedding_dimension: 384,
				framework_type: "sentence_transformers",
				pooling_mode: "mean",
				normalize_result: true,
			},
		},
	);
	const { model_id: id } = await recorder.task(registered.task_id);
	if (typeof id !== "string") throw new Error(`${name} has no id`);
	const deployment = await recorder.call(
		"POST",
		`/_plugins/_ml/models/${id}/_deploy`,
	);
	await recorder.task(deployment.task_id);
	return id;
}

/** The vector in a predict answer. */
function vector(body: Record<string, unknown>): unknown {
	const results = body.inference_results;
	const first: unknown = Array.isArray(results) ? results[0] : undefined;
	const output = isRecord(first) ? first.output : undefined;
	const tensor: unknown = Array.isArray(output) ? output[0] : undefined;
	if (!isRecord(tensor) || !Array.isArray(tensor.data)) {
		throw new Error(`no vector in ${JSON.stringify(body)}`);
	}
	return tensor.data;
}

async function vectors(recorder: Recorder, id: string): Promise<unknown[]> {
	const made: unknown[] = [];
	for (const { text } of recordedTexts) {
		const path = `/_plugins/_ml/_predict/text_embedding/${id}`;
		made.push(vector(await recorder.call("POST", path, { text_docs: [text] })));
	}
	return made;
}

/** A line for each value, but for lists of numbers, so that a difference between two recordings can be read. */
async function write(name: string, content: unknown): Promise<void> {
	const json = JSON.stringify(content, null, "\t").replace(
		/\[[\s\d.,eE+-]+\]/g,
		(numbers) => numbers.replace(/\s+/g, ""),
	);
	await writeFile(new URL(name, folder), `${json}\n`);
}

async function record(url: string): Promise<void> {
	const recorder = new Recorder(url);
	const node = await recorder.call("GET", "/_nodes/_local/http");
	if (isRecord(node.nodes)) {
		const [id = ""] = Object.keys(node.nodes);
		recorder.name("node_id", id);
	}
	const calls: unknown[] = [];
	for (const call of registrationCalls) calls.push(await recorder.record(call));

	const models = {
		fp32: await fetchMiniLm({ precision: "fp32", report }),
		int8: await fetchMiniLm({ precision: "int8", report }),
	};
	const fp32 = await deploy(recorder, "minilm-fp32", models.fp32);
	const int8 = await deploy(recorder, "minilm-int8", models.int8);
	const made = {
		fp32: await vectors(recorder, fp32),
		int8: await vectors(recorder, int8),
	};
	recorder.name("minilm_id", int8);
	for (const call of runningCalls) calls.push(await recorder.record(call));

	const head = {
		source: `ml-commons ${peerVersion}`,
		models: Object.fromEntries(
			Object.entries(models).map(([precision, { sha256, sizeBytes }]) => [
				precision,
				{ name: "all-MiniLM-L6-v2", sha256, sizeBytes },
			]),
		),
	};
	await write("minilm-vectors.json", {
		...head,
		texts: recordedTexts.map((recorded, index) => ({
			...recorded,
			fp32: made.fp32[index],
			int8: made.int8[index],
		})),
	});
	await write("model-api.json", { ...head, calls });
	report(`Recorded ${recordedTexts.length} texts and ${calls.length} calls.`);
}

const dataDir = await mkdtemp(join(tmpdir(), "opensearch-ml-sidecar-peer-"));
try {
	const peer = await startPeer({ dataDir, report });
	try {
		await record(peer.url);
	} finally {
		await peer.stop();
	}
} finally {
	await rm(dataDir, { recursive: true, force: true });
}
