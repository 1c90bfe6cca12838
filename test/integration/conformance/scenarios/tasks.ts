import { get, post, remove, type Topic } from "../call.ts";
import {
	deployed,
	ended,
	finalStates,
	models,
	registered,
	tasks,
} from "../preparations.ts";

/** Tasks: reading, deleting, cancelling. */
export const tasksTopic: Topic = {
	name: "tasks",
	scenarios: [
		{
			name: "no index yet",
			calls: [
				get("get", `${tasks}/unknown`),
				remove("delete", `${tasks}/unknown`),
				post("cancel", `${tasks}/unknown/_cancel`),
			],
		},
		{
			name: "of a deployment",
			calls: [
				...deployed(),
				get("get", `${tasks}/{model_id_task}`),
				get("get with a trailing slash", `${tasks}/{model_id_task}/`),
				get("get, unknown", `${tasks}/unknown`),
				get("tasks without an id", tasks),
				post("cancel", `${tasks}/{model_id_task}/_cancel`),
				post("cancel, unknown", `${tasks}/unknown/_cancel`),
				remove("delete, unknown", `${tasks}/unknown`),
				remove("delete with a trailing slash", `${tasks}/{model_id_task}/`),
				get("get, deleted", `${tasks}/{model_id_task}`),
			],
		},
		{
			name: "of a failed deployment",
			calls: [
				...registered("model_id", {}, "broken"),
				post("deploy", `${models}/{model_id}/_deploy`, {
					binds: { task_id: "task_id" },
				}),
				ended("get"),
				get("the model", `${models}/{model_id}`, {
					until: { path: "model_state", is: ["DEPLOY_FAILED"] },
				}),
				post("predict", `${models}/{model_id}/_predict`, {
					body: { text_docs: ["the word"] },
				}),
				remove("delete the model", `${models}/{model_id}`),
				get("outlives the model", `${tasks}/{task_id}`, {
					until: { path: "state", is: finalStates },
				}),
			],
		},
	],
};
