import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { ModelArtifact } from "../../sidecar/dev/model-artifact.ts";
import {
	type FunctionModel,
	functionCalls,
	functionModels,
	functionPath,
} from "../helpers/function-calls.ts";
import {
	type FunctionModels,
	makeFunctionModels,
} from "../helpers/function-models.ts";
import { isRecord, parsed } from "../integration/conformance/json.ts";

interface PeerAnswer {
	status: number;
	body: unknown;
}

/** What a running ml-commons at this URL answers to every call of the function tests: the content of a fixture. */
export async function recordFunctions(
	url: string,
	miniLm: ModelArtifact,
): Promise<Record<string, unknown>> {
	const folder = await mkdtemp(join(tmpdir(), "function-models-"));
	try {
		// OpenSearch runs as another user, who has to read what is in there.
		await chmod(folder, 0o755);
		const archives = await makeFunctionModels(miniLm, folder);
		const calls: unknown[] = [];
		for (const [name, model] of Object.entries(functionModels)) {
			const id = await deploy(url, { name, model, archives });
			for (const call of functionCalls) {
				if (call.model !== name) continue;
				const { status, body } = await ask(
					url,
					functionPath(call, id),
					call.body,
				);
				calls.push({
					name: call.name,
					model: name,
					request: call.body,
					status,
					answer: withoutId(body, id),
				});
			}
			// ml-commons has ten models in memory at most.
			await ask(url, `/_plugins/_ml/models/${id}/_undeploy`, {});
		}
		const hashes = Object.entries(archives).map(([name, { sha256 }]) => [
			name,
			sha256,
		]);
		return { archives: Object.fromEntries(hashes), calls };
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

interface Deployment {
	name: string;
	model: FunctionModel;
	archives: FunctionModels;
}

async function deploy(
	url: string,
	{ name, model, archives }: Deployment,
): Promise<string> {
	const { zipPath, sha256 } = archives[model.archive];
	const registered = await ask(url, "/_plugins/_ml/models/_register", {
		name,
		version: "1.0.0",
		function_name: model.functionName,
		model_format: "ONNX",
		model_content_hash_value: sha256,
		url: `file://${zipPath}`,
		...(model.config && { model_config: model.config }),
	});
	const id = (await completed(url, registered)).model_id;
	if (typeof id !== "string") throw new Error(`${name} has no id`);
	const path = `/_plugins/_ml/models/${id}/_deploy`;
	await completed(url, await ask(url, path, {}));
	return id;
}

/** Waits for the end of the task that an answer names. */
async function completed(
	url: string,
	{ body }: PeerAnswer,
): Promise<Record<string, unknown>> {
	const id = isRecord(body) ? body.task_id : undefined;
	for (;;) {
		const task = await ask(url, `/_plugins/_ml/tasks/${id}`);
		if (!isRecord(task.body)) throw new Error(JSON.stringify(body));
		const { state } = task.body;
		if (state === "COMPLETED") return task.body;
		if (state !== "CREATED" && state !== "RUNNING")
			throw new Error(JSON.stringify(task));
		await wait(100);
	}
}

async function ask(
	url: string,
	path: string,
	body?: unknown,
): Promise<PeerAnswer> {
	const answer = await fetch(url + path, {
		...(body !== undefined && {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(body),
		}),
	});
	return { status: answer.status, body: sorted(parsed(await answer.text())) };
}

/** ml-commons writes weights in the order of a hash table. */
function sorted(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(sorted);
	if (!isRecord(value)) return value;
	const entries = Object.entries(value).map(
		([key, one]) => [key, sorted(one)] as const,
	);
	const areWeights = entries.every(([, one]) => typeof one === "number");
	return Object.fromEntries(
		areWeights ? entries.sort(([a], [b]) => (a < b ? -1 : 1)) : entries,
	);
}

function withoutId(body: unknown, id: string): unknown {
	return JSON.parse(JSON.stringify(body).replaceAll(id, "{model_id}"));
}
