import type { RecordedCall } from "./recorded-call.ts";

const models = "/_plugins/_ml/models";
const tasks = "/_plugins/_ml/tasks";

function predict(name: string, body: unknown): RecordedCall {
	return {
		name: `predict ${name}`,
		method: "POST",
		path: `${models}/{minilm_id}/_predict`,
		body,
	};
}

const docs = { text_docs: ["hello", "world"] };

/** Calls about a model that runs, called `{minilm_id}`, to the end of its life. */
export const runningCalls: readonly RecordedCall[] = [
	{
		name: "deploy, deployed already",
		method: "POST",
		path: `${models}/{minilm_id}/_deploy`,
		ids: { task_id: "second_task_id" },
	},
	{
		name: "get task of a deployment of a deployed model",
		method: "GET",
		path: `${tasks}/{second_task_id}`,
		untilFinal: true,
	},
	{
		name: "get model, deployed",
		method: "GET",
		path: `${models}/{minilm_id}`,
	},
	predict("good", { text_docs: ["hello"] }),
	predict("two texts without numbers", { ...docs, return_number: false }),
	predict("target_response", {
		...docs,
		return_number: false,
		target_response: ["sentence_embedding"],
	}),
	predict("target_response of another name", {
		...docs,
		return_number: false,
		target_response: ["unknown"],
	}),
	predict("target_response_positions", {
		...docs,
		return_number: false,
		target_response_positions: [0],
	}),
	predict("target_response_positions beyond", {
		...docs,
		return_number: false,
		target_response_positions: [1],
	}),
	predict("target_response empty", {
		...docs,
		return_number: false,
		target_response: [],
	}),
	predict("return_bytes", {
		text_docs: ["hello"],
		return_number: false,
		return_bytes: true,
	}),
	predict("without a body", undefined),
	predict("not JSON", "M1"),
	predict("no texts", { text_docs: [] }),
	predict("without text_docs", {}),
	predict("text_docs a string", { text_docs: "hello" }),
	predict("a null among the texts", { text_docs: ["hello", null] }),
	predict("numbers among the texts", {
		text_docs: [1, true, "hello"],
		return_number: false,
	}),
	predict("an object among the texts", { text_docs: [{ text: "hello" }] }),
	predict("an empty text", { text_docs: [""], return_number: false }),
	predict("unknown fields", { ...docs, return_number: false, unknown: [1] }),
	predict("parameters that the model does not have", {
		...docs,
		return_number: false,
		parameters: { content_type: "query" },
	}),
	{
		...predict("on the route with the algorithm", {
			...docs,
			return_number: false,
		}),
		path: "/_plugins/_ml/_predict/text_embedding/{minilm_id}",
	},
	{
		...predict("on the route with another algorithm", docs),
		path: "/_plugins/_ml/_predict/sparse_encoding/{minilm_id}",
	},
	{
		...predict("on the route with an unknown algorithm", docs),
		path: "/_plugins/_ml/_predict/magic/{minilm_id}",
	},
	{
		name: "delete model, deployed",
		method: "DELETE",
		path: `${models}/{minilm_id}`,
	},
	{
		name: "undeploy",
		method: "POST",
		path: `${models}/{minilm_id}/_undeploy`,
	},
	{
		name: "get model, undeployed",
		method: "GET",
		path: `${models}/{minilm_id}`,
	},
	predict("after undeploy", { text_docs: ["hello"] }),
	{
		name: "delete model, undeployed",
		method: "DELETE",
		path: `${models}/{minilm_id}`,
	},
	{
		name: "get model, deleted",
		method: "GET",
		path: `${models}/{minilm_id}`,
	},
];
