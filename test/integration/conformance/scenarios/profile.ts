import { get, post, type Topic } from "../call.ts";
import { base, deployed, models, registered } from "../preparations.ts";

const profile = `${base}/profile`;

/** A view by its path, by what there is and what there is not. */
export const profileTopic: Topic = {
	name: "profile",
	scenarios: [
		{
			name: "nothing is deployed",
			calls: [
				...registered(),
				get("all", profile),
				get("all, trailing slash", `${profile}/`),
				get("models", `${profile}/models`),
				get("a registered model", `${profile}/models/{model_id}`),
				get("an unknown model", `${profile}/models/unknown`),
				get("tasks", `${profile}/tasks`),
				get("an unknown task", `${profile}/tasks/unknown`),
				get("by model", `${profile}?view=model`),
			],
		},
		{
			name: "a model is deployed and was not asked yet",
			calls: [...deployed(), get("models", `${profile}/models`)],
		},
		{
			name: "a model is deployed",
			calls: [
				...deployed(),
				post("asked", `${models}/{model_id}/_predict`, {
					body: { text_docs: ["the word"] },
					prepares: true,
				}),
				get("all", profile),
				get("all by node", `${profile}?view=node`),
				get("all by model", `${profile}?view=model`),
				get("all by an unknown view", `${profile}?view=magic`),
				get("models", `${profile}/models`),
				get("models by model", `${profile}/models?view=model`),
				get("the model", `${profile}/models/{model_id}`),
				get("the model by model", `${profile}/models/{model_id}?view=model`),
				get("the model and another", `${profile}/models/{model_id},unknown`),
				get("an unknown model", `${profile}/models/unknown`),
				get("tasks", `${profile}/tasks`),
				get("a task that has ended", `${profile}/tasks/{model_id_task}`),
				get("by body: all models", profile, {
					body: { return_all_models: true, return_all_tasks: false },
				}),
				get("by body: all tasks", profile, {
					body: { return_all_models: false, return_all_tasks: true },
				}),
				get("by body: the model", profile, {
					body: { model_ids: ["{model_id}"] },
				}),
				get("by body: an unknown model", profile, {
					body: { model_ids: ["unknown"] },
				}),
				get("by body: an unknown task", profile, {
					body: { task_ids: ["unknown"] },
				}),
				get("by body: the node", profile, {
					body: { node_ids: ["{node_id}"], return_all_models: true },
				}),
				get("by body: an unknown node", profile, {
					body: { node_ids: ["unknown"], return_all_models: true },
				}),
				get("by body: empty", profile, { body: {} }),
				get("by body: not JSON", profile, { body: "M1" }),
				get("by body: unknown fields", profile, { body: { magic: 1 } }),
				get("models by body: all", `${profile}/models`, {
					body: { return_all_models: true },
				}),
				post("undeployed", `${models}/{model_id}/_undeploy`, {
					prepares: true,
				}),
				get("after it was undeployed", profile),
			],
		},
	],
};
