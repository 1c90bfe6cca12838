import type { Differing } from "./differing.ts";

/** Calls that are refused in another way, or by one of the two alone. */
export const differingErrors: Differing = {
	"the JSON parser's own words": {
		"stats / after a model was deployed and asked": ["by body: not JSON"],
		"profile / a model is deployed": ["by body: not JSON"],
		"registration / metadata": ["not JSON"],
		"register-url / refused at once": ["not JSON"],
		"deployment / bad deployments": ["not JSON"],
		"deployment / undeploying": ["not JSON"],
		"models / update": ["not JSON"],
		"searches / models": ["not JSON"],
		"model-groups / a group's life": ["not JSON", "update: not JSON"],
		"prediction / what is refused": ["not JSON", "cut short"],
		"limits / a controller's life": ["not JSON"],
	},
	"an index that is not there yet is as good as an empty one": {
		"registration / no index yet": [
			"get model",
			"upload chunk",
			"deploy",
			"predict",
			"undeploy",
			"delete task",
		],
		"tasks / no index yet": ["delete", "cancel"],
		"model-groups / no index yet": ["get", "update", "delete"],
		"limits / controllers without an index": ["get", "delete"],
		"limits / a controller's life": ["get before there is one"],
		"register-url / failing in the task": [
			"search the models after all that failed",
			"search the groups after all that failed",
		],
	},
	"400, not 500: the request is wrong": {
		"registration / metadata": ["without a body"],
		"registration / chunks": [
			"number beyond the last",
			"without a body",
			"too large",
		],
		"searches / models": [
			"size beyond the window",
			"sort on an unknown field",
			"sort on a text field",
		],
		"model-groups / a group's life": [
			"an empty object",
			"update: without a body",
		],
		"prediction / what is refused": ["parameters that the model does not have"],
		"prediction / an asymmetric model": ["without parameters"],
		"limits / controllers of a deployed model": [
			"create while they are off",
			"get while they are off",
		],
	},
	"the validator's own words, which name the field": {
		"registration / metadata": [
			"an array",
			"total_chunks not a number",
			"total_chunks a number in a string",
			"model_content_size_in_bytes not a number",
			"model_config a string",
			"is_enabled not a boolean",
			"embedding_dimension not a number",
		],
		"register-url / refused at once": ["an array", "model_config a string"],
		"deployment / bad deployments": ["node_ids not a list"],
		"models / update": [
			"an array",
			"name null",
			"name an object",
			"description an object",
			"is_enabled not a boolean",
			"model_config a string",
			"rate_limiter a string",
		],
		"model-groups / a group's life": ["an array"],
		"prediction / what is refused": [
			"an array",
			"return_number not a boolean",
			"target_response_positions not numbers",
		],
		"searches / models": ["an array"],
		"prediction / an asymmetric model": ["with an unknown content_type"],
	},
	"refused, and the field is named: what is not of its type, empty or out of its range":
		{
			"registration / metadata": [
				"total_chunks zero",
				"total_chunks negative",
				"name a number",
				"description a number",
				"name empty",
			],
			"models / update": [
				"name a number",
				"name empty",
				"rate_limiter with a limit of zero",
			],
			"model-groups / a group's life": [
				"name a number",
				"update: name a number",
				"update: all: the group",
			],
			"limits / a controller's life": ["user_rate_limiter a string"],
			"registration / chunks": ["number negative"],
		},
	"400, not 500, and the field is named: the request is wrong": {
		"registration / metadata": ["name null", "name an object"],
		"model-groups / a group's life": ["name null", "update: name null"],
		"prediction / what is refused": [
			"text_docs null",
			"text_docs a string",
			"a null among the texts",
			"an object among the texts",
			"a list among the texts",
			"target_response a string",
		],
		"prediction / an asymmetric model": ["parameters a string"],
	},
	"404, not 500: it is not found": {
		"registration / metadata": ["unknown model_group_id"],
		"registration / chunks": ["to an unknown model"],
		"deployment / a model's life": ["delete again"],
		"models / delete": ["again"],
		"model-groups / models in a group that was named": ["in an unknown group"],
	},
	"fields of access control are refused wherever there is none": {
		"registration / metadata": ["access_mode without access control"],
		"model-groups / a group's life": ["unknown access_mode"],
	},
	"400 for a wrong request, whatever the model's state": {
		"prediction / what is refused": ["unknown model without a body"],
		"prediction / a model that is not deployed": [
			"without texts",
			"without a body",
		],
	},
	"the reason in the sidecar's own words": {
		"register-url / failing in the task": [
			"not a zip file: the task",
			"a missing file: the task",
			"a folder: the task",
		],
		"tasks / of a failed deployment": ["get", "outlives the model"],
	},
	"404, as for everything else that is not there": {
		"model-groups / a group's life": ["delete again"],
		"models / get": ["a chunk"],
	},
	"a body is JSON, whatever its content type says": {
		"registration / chunks": ["as octet-stream"],
		"surface / formats": [
			"a body of another type",
			"a body as text",
			"a body as YAML",
		],
	},
	"a limit is looked at before the body, and says when to come again": {
		"limits / a model's rate limit": [
			"beyond",
			"beyond once more",
			"a bad request beyond",
		],
	},
};
