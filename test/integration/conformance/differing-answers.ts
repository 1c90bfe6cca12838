import type { Differing } from "./differing.ts";

/** Calls that are answered in another way, or where one of the two knows nothing of what is asked. */
export const differingAnswers: Differing = {
	"the settings of ml-commons are kept in this index": {
		"stats / after a model was deployed and asked": ["all", "of a node"],
	},
	"the time of an undeployment is kept": {
		"deployment / a model's life": ["undeployed"],
		"deployment / undeploying": ["both are undeployed"],
	},
	"OpenSearch tells that it took the counts out of its index, without visiting documents":
		{
			"searches / tasks": ["aggregations"],
		},
	"ml_connector_count is there only where it is asked for": {
		"stats / after a model was deployed and asked": [
			"two stats",
			"a cluster's stat of a node",
		],
	},
	"a model is registered once its chunks are what was said, and deployed only then: no task is made to fail":
		{
			"registration / chunks": [
				"deploy while chunks are missing",
				"task of the deployment while chunks are missing",
				"deploy with another hash than registered",
				"task of the deployment with another hash",
				"get after the failed deployment",
				"get after undeploying it all the same",
				"delete the task",
				"get the deleted task",
			],
		},
	"not provided, and the answer says so": {
		"surface / families that are not for local models": [
			"connectors",
			"a connector",
			"agents",
			"an agent",
			"memory",
			"a memory",
			"memory containers",
			"training",
			"training and prediction",
			"execution",
			"a tool",
			"a configuration",
			"batch prediction",
			"MCP tools",
		],
	},
	"ml-commons 3.6 takes the parameters of its own path for unknown ones; here the route works":
		{
			"register-url / good": [
				"with id and version in the path",
				"with id and version in the path, older",
			],
		},
	"the last chunk takes nothing from what was registered, and the time is kept":
		{
			"registration / chunks that are what was said": ["get"],
		},
	"a part of model_config may be changed alone": {
		"models / update": ["model_config"],
	},
	"model_config of a deployed model could not take effect: refused with that reason":
		{
			"models / update while deployed": ["model_config"],
		},
	"an update does not add model_id to what a model shows": {
		"models / update": [
			"name: the model",
			"rate_limiter: the model",
			"model_config: the model",
			"all: the model",
			"unknown fields: the model",
			"fields that are not to be changed: the model",
		],
		"models / update of the group": ["the model"],
		"models / update while deployed": ["the model"],
		"limits / a disabled model": ["deployed"],
	},
	"a stored model has its model_id, and no is_hidden": {
		"searches / models": [
			"name.keyword",
			"name.keyword by GET",
			"match_all without chunks, sorted",
			"match on name",
			"ids",
			"_source includes and excludes",
		],
	},
	"chunks are in indices of their own, and are not found": {
		"searches / models": [
			"match_all, chunks as well, sorted",
			"chunks of a model",
			"a chunk's content asked for",
			"an empty object",
		],
	},
	"`_source: false` leaves out the source": {
		"searches / models": ["from and size"],
		"searches / models: a highlight, a script and a suggestion": [
			"highlight",
			"docvalue_fields",
		],
		"searches / tasks": ["sorted by time"],
	},
	"a script could read all of a document": {
		"searches / models: a highlight, a script and a suggestion": [
			"script_fields",
		],
	},
	"the recorded node's own file sets some of them": {
		"settings / defaults": ["all", "all flat"],
	},
	"the job scheduler is not there, and the sidecar says that it provides the others":
		{
			"surface / plugins": [
				"of the cat API",
				"of the cat API as JSON",
				"of the cat API with a head",
				"of the nodes",
				"of the nodes in full",
			],
		},
	"the index of configuration is there, as settings are stored in it": {
		"stats / after a model was deployed and asked": [
			"by body: cluster level",
			"by body: cluster level in lower case",
		],
	},
};
