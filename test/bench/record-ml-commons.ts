import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import {
	fetchMiniLm,
	type ModelArtifact,
} from "../../sidecar/dev/model-artifact.ts";
import { peerVersion, startPeer } from "../helpers/peer.ts";
import {
	type RecordedCall,
	registrationCalls,
	runningCalls,
} from "./recorded-calls.ts";
import { recordedTexts } from "./recorded-texts.ts";

/**
 * Records what ml-commons answers, for the tests to compare with: vectors of both precisions of MiniLM, and the
 * model API's answers. Ids are replaced by placeholders and times by a constant, so that a new recording differs
 * only where ml-commons does.
 */
const constantTime = 1_700_000_000_000;
const finalStates = ["COMPLETED", "COMPLETED_WITH_ERROR", "FAILED"];
const folder = new URL("../fixtures/ml-commons/", import.meta.url);
const report = (line: string) => process.stderr.write(`${line}\n`);

interface Answer {
	status: number;
	warnings: string[];
	contentType: string | null;
	body: unknown;
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) return text;
		throw error;
	}
}

/** A running ml-commons, and the ids that it has given. */
class Recorder {
	readonly #url: string;
	readonly #ids = new Map<string, string>();

	constructor(url: string) {
		this.#url = url;
	}

	name(placeholder: string, id: string): void {
		this.#ids.set(placeholder, id);
	}

	/** Makes a call as a fixture: what was asked, and what came back. */
	async record(call: RecordedCall): Promise<Record<string, unknown>> {
		const answer = call.untilFinal
			? await this.#untilFinal(call)
			: await this.#send(call);
		for (const [field, placeholder] of Object.entries(call.ids ?? {})) {
			const id = isRecord(answer.body) ? answer.body[field] : undefined;
			if (typeof id !== "string") {
				throw new Error(
					`${call.name}: no ${field} in ${JSON.stringify(answer)}`,
				);
			}
			this.name(placeholder, id);
		}
		const { name, method, path, body, zeroBytes, contentType } = call;
		return {
			name,
			request: { method, path, contentType, body, zeroBytes },
			status: answer.status,
			contentType: answer.contentType,
			warnings: answer.warnings,
			body: this.#lasting(answer.body),
		};
	}

	/** Makes a call that has to succeed and answers its body. */
	async call(method: RecordedCall["method"], path: string, body?: unknown) {
		const answer = await this.#send({ name: path, method, path, body });
		if (answer.status !== 200 || !isRecord(answer.body)) {
			throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
		}
		return answer.body;
	}

	/** Waits for a task to succeed and answers it. */
	async task(id: unknown): Promise<Record<string, unknown>> {
		const path = `/_plugins/_ml/tasks/${id}`;
		const { body } = await this.#untilFinal({
			name: path,
			method: "GET",
			path,
		});
		if (!isRecord(body) || body.state !== "COMPLETED") {
			throw new Error(`${path}: ${JSON.stringify(body)}`);
		}
		return body;
	}

	async #untilFinal(call: RecordedCall): Promise<Answer> {
		for (;;) {
			const answer = await this.#send(call);
			const state = isRecord(answer.body) ? answer.body.state : undefined;
			if (finalStates.includes(String(state))) return answer;
			await wait(100);
		}
	}

	async #send(call: RecordedCall): Promise<Answer> {
		const path = call.path.replace(/\{(\w+)\}/g, (whole, placeholder) => {
			const id = this.#ids.get(String(placeholder));
			if (id === undefined) throw new Error(`${call.name}: no ${whole} yet`);
			return id;
		});
		const content =
			call.zeroBytes !== undefined
				? new Uint8Array(call.zeroBytes)
				: typeof call.body === "string" || call.body === undefined
					? call.body
					: JSON.stringify(call.body);
		const answer = await fetch(this.#url + path, {
			method: call.method,
			headers: { "content-type": call.contentType ?? "application/json" },
			...(content === undefined ? {} : { body: content }),
		});
		const warning = answer.headers.get("warning");
		return {
			status: answer.status,
			warnings: warning === null ? [] : [warning],
			contentType: answer.headers.get("content-type"),
			body: parsed(await answer.text()),
		};
	}

	/** The body without what every run has other: ids and times. */
	#lasting(body: unknown): unknown {
		let text = JSON.stringify(body);
		for (const [placeholder, id] of this.#ids) {
			text = text.replaceAll(id, `{${placeholder}}`);
		}
		return JSON.parse(text, (key, value: unknown) => {
			if (key.endsWith("_time") && typeof value === "number") {
				return constantTime;
			}
			const id = /^(model|model_group|task)_id$/.test(key);
			const named = typeof value === "string" && value.startsWith("{");
			return id && !named ? `{another ${key}}` : value;
		});
	}
}

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

/** JSON with an element of the list a line: short enough to keep, lines enough to compare. */
function fixture(
	head: Record<string, unknown>,
	name: string,
	list: readonly unknown[],
): string {
	const start = JSON.stringify(head).slice(0, -1);
	const lines = list.map((element) => JSON.stringify(element));
	return `${start},${JSON.stringify(name)}:[\n${lines.join(",\n")}\n]}\n`;
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
	const texts = recordedTexts.map((recorded, index) => ({
		...recorded,
		fp32: made.fp32[index],
		int8: made.int8[index],
	}));
	await writeFile(
		new URL("minilm-vectors.json", folder),
		fixture(head, "texts", texts),
	);
	await writeFile(
		new URL("model-api.json", folder),
		fixture(head, "calls", calls),
	);
	report(`Recorded ${texts.length} texts and ${calls.length} calls.`);
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
