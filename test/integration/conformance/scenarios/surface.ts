import {
	type Call,
	get,
	older,
	post,
	put,
	remove,
	type Topic,
} from "../call.ts";
import { base, deployed, models, registered, tasks } from "../preparations.ts";

/** A family of routes that belongs to remote models, agents or training: one call for each. */
const notProvided: readonly Call[] = [
	post("connectors", `${base}/connectors/_create`, { body: {} }),
	get("a connector", `${base}/connectors/unknown`),
	post("agents", `${base}/agents/_register`, { body: {} }),
	get("an agent", `${base}/agents/unknown`),
	post("memory", `${base}/memory`, { body: {} }),
	get("a memory", `${base}/memory/unknown`),
	post("memory containers", `${base}/memory_containers/_create`, { body: {} }),
	post("training", `${base}/_train/kmeans`, { body: {} }),
	post("training and prediction", `${base}/_train_predict/kmeans`, {
		body: {},
	}),
	post("execution", `${base}/_execute/local_sample_calculator`, { body: {} }),
	get("a tool", `${base}/tools/unknown`),
	get("a configuration", `${base}/config/unknown`),
	post("batch prediction", `${models}/unknown/_batch_predict`, { body: {} }),
	post("batch ingestion", `${base}/_batch_ingestion`, { body: {} }),
	post("MCP tools", `${base}/mcp/tools/_register`, { body: {} }),
	post("prompts", `${base}/prompts`, { body: {} }),
];

/** What every route has in common: formats, parameters, unknown paths and methods, old names. */
export const surfaceTopic: Topic = {
	name: "surface",
	scenarios: [
		{
			name: "plugins",
			calls: [
				get("of the cat API", "/_cat/plugins?h=component&s=component"),
				get(
					"of the cat API as JSON",
					"/_cat/plugins?format=json&h=component,version&s=component",
				),
				get(
					"of the cat API with a head",
					"/_cat/plugins?v&h=component,version&s=component",
				),
				get(
					"of the nodes",
					"/_nodes/plugins?filter_path=nodes.*.plugins.name,nodes.*.plugins.version",
				),
				get(
					"of the nodes in full",
					"/_nodes/_all/plugins?filter_path=nodes.*.plugins",
				),
			],
		},
		{
			name: "formats",
			calls: [
				...registered(),
				...["pretty", "pretty=true", "pretty=false", "pretty=x"].map((pretty) =>
					get(pretty, `${models}/{model_id}?${pretty}`, { asText: true }),
				),
				get("an error, pretty", `${models}/unknown?pretty`, { asText: true }),
				get("nothing, pretty", `${models}/{model_id}?pretty&filter_path=x`, {
					asText: true,
				}),
				post("a search, pretty", `${models}/_search?pretty`, {
					body: { size: 0, query: { term: { model_state: "MAGIC" } } },
				}),
				get("YAML", `${models}/{model_id}?format=yaml`),
				get("an error as YAML", `${models}/unknown?format=yaml`),
				get("YAML by Accept", `${models}/{model_id}`, {
					headers: { accept: "application/yaml" },
				}),
				get("JSON by Accept", `${models}/{model_id}?filter_path=name`, {
					headers: { accept: "application/json" },
				}),
				get("an unknown format", `${models}/{model_id}?format=magic`),
				get("an unknown Accept", `${models}/{model_id}?filter_path=name`, {
					headers: { accept: "text/magic" },
				}),
				get(
					"filter_path",
					`${models}/{model_id}?filter_path=name,model_config.*`,
				),
				get(
					"filter_path by wildcards",
					`${models}/{model_id}?filter_path=**.*_type,n*`,
				),
				get(
					"filter_path that leaves out",
					`${models}/{model_id}?filter_path=-model_config,-*_time,-model_group_id`,
				),
				get("filter_path of nothing", `${models}/{model_id}?filter_path=magic`),
				get("filter_path, empty", `${models}/{model_id}?filter_path=`),
				get(
					"an error, filter_path",
					`${models}/unknown?filter_path=error.type,status`,
				),
				get(
					"an error, filter_path of nothing",
					`${models}/unknown?filter_path=magic`,
				),
				get("human", `${models}/{model_id}?human&filter_path=name`),
				get("error_trace", `${models}/unknown?error_trace=true`),
				get("error_trace=false", `${models}/unknown?error_trace=false`),
				get("an unknown parameter", `${models}/{model_id}?magic=1`),
				get("two unknown parameters", `${models}/{model_id}?magic=1&more=2`),
				get(
					"an unknown parameter, nearly right",
					`${models}/{model_id}?return_conten=true`,
				),
				get("an unknown parameter of a task", `${tasks}/unknown?magic=1`),
				post(
					"an unknown parameter of a prediction",
					`${models}/{model_id}/_predict?magic=1`,
					{
						body: { text_docs: ["x"] },
					},
				),
				post(
					"an unknown parameter of a deployment",
					`${models}/{model_id}/_deploy?magic=1`,
				),
				get("X-Opaque-Id", `${models}/{model_id}?filter_path=name`, {
					headers: { "x-opaque-id": "mine" },
				}),
				post("a body of another type", `${models}/_register_meta`, {
					body: "name=x",
					headers: { "content-type": "application/x-www-form-urlencoded" },
				}),
				post("a body as text", `${models}/_register_meta`, {
					body: "{}",
					headers: { "content-type": "text/plain" },
				}),
				post("a body as YAML", `${models}/_register_meta`, {
					body: "---\nname: x\n",
					headers: { "content-type": "application/yaml" },
				}),
			],
		},
		{
			name: "formats of a prediction",
			calls: [
				...deployed(),
				...["pretty", "format=yaml", "filter_path=**.shape"].map((parameter) =>
					post(parameter, `${models}/{model_id}/_predict?${parameter}`, {
						body: { text_docs: ["the word"], return_number: false },
						asText: true,
					}),
				),
			],
		},
		{
			name: "paths and methods",
			calls: [
				...registered(),
				get("unknown path", `${base}/magic`),
				post("unknown path by POST", `${base}/magic/more`, { body: {} }),
				get("the base", base),
				get("the base with a slash", `${base}/`),
				get("a longer path", `${models}/unknown/magic`),
				get("a query in an unknown path", `${base}/magic?pretty&a=b`),
				get("the path of old", "/_opendistro/_ml/models/unknown"),
				put("PUT where POST is meant", `${models}/_register`, { body: {} }),
				get("GET where POST is meant", `${models}/unknown/_deploy`),
				remove("DELETE where POST is meant", `${models}/unknown/_undeploy`),
				post("POST where GET is meant", `${base}/stats`),
				post("POST where GET is meant: profile", `${base}/profile`),
				put("PUT where GET is meant", `${tasks}/unknown`, { body: {} }),
				{ name: "HEAD", method: "HEAD", path: `${models}/unknown` },
				{ name: "OPTIONS", method: "OPTIONS", path: `${models}/unknown` },
				{
					name: "OPTIONS of an unknown path",
					method: "OPTIONS",
					path: `${base}/magic`,
				},
				get("double slashes", `/_plugins//_ml/models/unknown`),
				get("an encoded id", `${models}/un%6Bnown`),
				get("an id with an encoded slash", `${models}/a%2Fb`),
				get("an id with a plus", `${models}/a+b`),
				get("an id with a space", `${models}/a%20b`),
				get("an id with umlauts", `${models}/%C3%BC`),
			],
		},
		{ name: "families that are not for local models", calls: notProvided },
		{
			name: "old names",
			calls: [
				...registered(),
				post("_upload", `${models}/_upload`, { body: {} }),
				post("_upload with id and version", `${models}/a/1/_upload`, {
					body: {},
				}),
				post("meta", `${models}/meta`, { body: {} }),
				post("chunk", `${models}/unknown/chunk/x`, { bytes: { zeros: 1 } }),
				post("_load", `${models}/unknown/_load`),
				post("_unload", `${models}/unknown/_unload`),
				post("_unload of nothing", `${models}/_unload`),
			].map(older),
		},
	],
};
