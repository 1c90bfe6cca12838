import { request } from "undici";
import { isRecord, valueAt } from "./json.ts";

const hidden = ["model", "model-group", "task", "controller"];

async function call(
	url: string,
	method: "GET" | "POST" | "PUT" | "DELETE",
	body?: unknown,
): Promise<unknown> {
	const answer = await request(url, {
		method,
		headers: { "content-type": "application/json" },
		body: body === undefined ? null : JSON.stringify(body),
	});
	const text = await answer.body.text();
	if (answer.statusCode === 200 || answer.statusCode === 404)
		return JSON.parse(text);
	throw new Error(`${method} ${url}: ${answer.statusCode} ${text}`);
}

/** Takes models, tasks, groups, controllers and settings from a real ml-commons that is there for nothing else. */
export async function emptyPeer(url: string): Promise<void> {
	const profile = await call(
		`${url}/_plugins/_ml/profile/models?view=model`,
		"GET",
	);
	const deployed = valueAt(profile, "models");
	const model_ids = isRecord(deployed) ? Object.keys(deployed) : [];
	if (model_ids.length > 0)
		await call(`${url}/_plugins/_ml/models/_undeploy`, "POST", { model_ids });
	const everything = { "plugins.*": null };
	await call(`${url}/_cluster/settings`, "PUT", {
		persistent: everything,
		transient: everything,
	});
	for (const kind of hidden) await call(`${url}/.plugins-ml-${kind}`, "DELETE");
}
