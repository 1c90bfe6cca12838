import {
	type Call,
	get,
	older,
	post,
	put,
	remove,
	type Topic,
} from "../call.ts";
import { deployed, ended, models, registered, tasks } from "../preparations.ts";

function deploy(name: string, path: string, body?: unknown): Call {
	return post(name, `${models}/${path}`, {
		...(body !== undefined && { body }),
		binds: { task_id: "task_id" },
	});
}

function undeploy(name: string, path: string, body?: unknown): Call {
	return post(name, `${models}/${path}`, body === undefined ? {} : { body });
}

const customPlan = (value: unknown) =>
	put(`custom plans: ${value}`, "/_cluster/settings", {
		body: {
			persistent: { "plugins.ml_commons.allow_custom_deployment_plan": value },
		},
		prepares: true,
	});

/** Deploying and undeploying in all forms, and what a deployment leaves in task and model. */
export const deploymentTopic: Topic = {
	name: "deployment",
	scenarios: [
		{
			name: "a model's life",
			calls: [
				...registered(),
				get("registered", `${models}/{model_id}`),
				deploy("deploy", "{model_id}/_deploy"),
				ended("deploy: the task"),
				get("deployed", `${models}/{model_id}`, {
					until: { path: "model_state", is: ["DEPLOYED"] },
				}),
				deploy("deploy again", "{model_id}/_deploy"),
				ended("deploy again: the task"),
				remove("delete while deployed", `${models}/{model_id}`),
				undeploy("undeploy", "{model_id}/_undeploy"),
				get("undeployed", `${models}/{model_id}`, {
					until: { path: "model_state", is: ["UNDEPLOYED"] },
				}),
				undeploy("undeploy again", "{model_id}/_undeploy"),
				older(deploy("deploy on the older route", "{model_id}/_load")),
				ended("deploy on the older route: the task"),
				older(undeploy("undeploy on the older route", "{model_id}/_unload")),
				deploy("deploy with a trailing slash", "{model_id}/_deploy/"),
				ended("deploy with a trailing slash: the task"),
				undeploy("undeploy with a trailing slash", "{model_id}/_undeploy/"),
				remove("delete", `${models}/{model_id}`),
				get("deleted", `${models}/{model_id}`),
				remove("delete again", `${models}/{model_id}`),
				deploy("deploy what is deleted", "{model_id}/_deploy"),
			],
		},
		{
			name: "bad deployments",
			calls: [
				...registered(),
				deploy("unknown", "unknown/_deploy"),
				deploy("node_ids while custom plans are off", "{model_id}/_deploy", {
					node_ids: ["{node_id}"],
				}),
				deploy("empty node_ids", "{model_id}/_deploy", { node_ids: [] }),
				ended("empty node_ids: the task"),
				deploy("node_ids not a list", "{model_id}/_deploy", {
					node_ids: "{node_id}",
				}),
				deploy("not JSON", "{model_id}/_deploy", "M1"),
				deploy("an empty body", "{model_id}/_deploy", {}),
				ended("an empty body: the task"),
				deploy("unknown fields", "{model_id}/_deploy", { magic: 1 }),
				ended("unknown fields: the task"),
			],
		},
		{
			name: "custom plans",
			calls: [
				...registered(),
				customPlan(true),
				deploy("to an unknown node", "{model_id}/_deploy", {
					node_ids: ["unknown"],
				}),
				deploy("to the node", "{model_id}/_deploy", {
					node_ids: ["{node_id}"],
				}),
				ended("to the node: the task"),
				get("the model", `${models}/{model_id}`, {
					until: { path: "model_state", is: ["DEPLOYED"] },
				}),
				undeploy("from an unknown node", "{model_id}/_undeploy", {
					node_ids: ["unknown"],
				}),
				undeploy("from the node", "{model_id}/_undeploy", {
					node_ids: ["{node_id}"],
				}),
				customPlan(null),
			],
		},
		{
			name: "undeploying",
			calls: [
				...deployed("first_id", { name: "first" }),
				...deployed("second_id", { name: "second" }),
				undeploy("nothing", "_undeploy"),
				older(undeploy("nothing, older", "_unload")),
				undeploy("an empty body", "_undeploy", {}),
				undeploy("an empty list", "_undeploy", { model_ids: [] }),
				undeploy("not JSON", "_undeploy", "M1"),
				undeploy("unknown", "unknown/_undeploy"),
				undeploy("unknown by body", "_undeploy", { model_ids: ["unknown"] }),
				undeploy("two unknown", "_undeploy", {
					model_ids: ["unknown", "unknown2"],
				}),
				undeploy("node_ids while custom plans are off", "_undeploy", {
					model_ids: ["{first_id}"],
					node_ids: ["{node_id}"],
				}),
				undeploy("two by body", "_undeploy", {
					model_ids: ["{first_id}", "{second_id}"],
				}),
				get("both are undeployed", `${models}/{second_id}`, {
					until: { path: "model_state", is: ["UNDEPLOYED"] },
				}),
				undeploy("a known and an unknown", "_undeploy", {
					model_ids: ["{first_id}", "unknown"],
				}),
				undeploy(
					"another one by body than in the path",
					"{first_id}/_undeploy",
					{
						model_ids: ["{second_id}"],
					},
				),
			],
		},
		{
			name: "a deployment's task",
			calls: [
				...deployed(),
				get("get", `${tasks}/{model_id_task}`),
				remove("delete", `${tasks}/{model_id_task}`),
				remove("delete again", `${tasks}/{model_id_task}`),
			],
		},
	],
};
