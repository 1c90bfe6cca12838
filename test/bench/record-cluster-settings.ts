import { Type } from "typebox";
import { Compile } from "typebox/compile";

/** Values of many kinds; each is put into a setting of each type. */
const anyValues = [
	"true",
	true,
	"TRUE",
	"",
	"abc",
	0,
	-1,
	-5,
	1.5,
	5.0,
	10_000_000,
	1_000_000_000_000,
	"+5",
	" 5",
	"007",
	["a", "b"],
	"a, b",
	"100%",
	"150%",
	"1h",
	"5gb",
	"5",
	"5 GB",
	"1.5gb",
	"-5gb",
	"-1b",
	"9999999999999tb",
	"99999999999999999999gb",
	"gb",
	"0.5d",
	"1e-1",
];

/** One of each type and range, and one of each that can't be changed. */
const settings = [
	"plugins.ml_commons.safe_delete_model",
	"plugins.ml_commons.max_model_on_node",
	"plugins.ml_commons.ml_task_timeout_in_seconds",
	"plugins.ml_commons.monitoring_request_count",
	"plugins.ml_commons.max_json_size",
	"plugins.ml_commons.model_auto_redeploy_success_ratio",
	"plugins.ml_commons.trusted_url_regex",
	"plugins.ml_commons.task_dispatcher.eligible_node_role.local_model",
	"plugins.ml_commons.disk_free_space_threshold",
	"plugins.ml_commons.global_tenant_id",
	"plugins.ml_commons.multi_tenancy_enabled",
	"plugins.neural_search.circuit_breaker.limit",
	"plugins.neural_search.circuit_breaker.overhead",
];

const tables = [
	"",
	"?v",
	"?v&h=*",
	"?v&h=c,n",
	"?v&h=nope",
	"?v&h=c,,n",
	"?v&h=",
	"?h=nope,c",
	"?h=d,n&v",
	"?h=n*,c*&v",
	"?h=component,component",
	"?v&s=component:desc",
	"?v&s=version,component:desc&h=v,c",
	"?s=d&h=d,c&v",
	"?s=c:asc,v:desc,",
	"?v=false",
	"?format=json",
	"?format=json&h=c,component,d",
	"?format=json&h=nope",
	"?format=json&pretty",
	"?format=json&filter_path=component",
	"?format=yaml",
];

const Refusal = Compile(
	Type.Object({
		error: Type.Object({ reason: Type.String() }),
	}),
);
const Defaults = Compile(
	Type.Object({ defaults: Type.Record(Type.String(), Type.Unknown()) }),
);

const Nodes = Compile(
	Type.Object({ nodes: Type.Record(Type.String(), Type.Unknown()) }),
);

/** Stands for the id of the one node, and is as long: the columns of a table depend on it. */
const constantId = "N".repeat(22);

const taken = "taken";

/** What a real ml-commons and neural-search make of settings and tables of plugins, for the tests to compare with. */
export async function recordClusterSettings(
	url: string,
): Promise<Record<string, unknown>> {
	const path = `${url}/_cluster/settings?flat_settings`;
	const put = async (body: unknown) =>
		await fetch(path, {
			method: "PUT",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(body),
		});
	const everything = { "plugins.*": null };
	await put({ persistent: everything, transient: everything });
	const all: unknown = await (await fetch(`${path}&include_defaults`)).json();
	const defaults = Object.entries(Defaults.Parse(all).defaults)
		.filter(([name]) => /^plugins\.(ml_commons|neural_search)\./.test(name))
		.sort(([a], [b]) => (a < b ? -1 : 1));

	const values: Record<string, Record<string, string>> = {};
	for (const setting of settings) {
		const outcomes: Record<string, string> = {};
		for (const value of anyValues) {
			const answer = await put({ persistent: { [setting]: value } });
			const body: unknown = await answer.json();
			outcomes[JSON.stringify(value)] = answer.ok
				? taken
				: Refusal.Parse(body).error.reason;
		}
		values[setting] = outcomes;
	}
	await put({ persistent: everything });

	const answer = await fetch(
		`${url}/_nodes/plugins?filter_path=nodes.*.name,nodes.*.version,nodes.*.plugins`,
	);
	const nodes = Nodes.Parse(await answer.json());
	const [id = ""] = Object.keys(nodes.nodes);
	const answers: unknown[] = [];
	for (const query of tables) {
		const answer = await fetch(`${url}/_cat/plugins${query}`);
		answers.push({
			query,
			contentType: answer.headers.get("content-type"),
			body: (await answer.text()).replaceAll(id, constantId),
		});
	}
	return {
		defaults: Object.fromEntries(defaults),
		values,
		plugins: {
			nodes: JSON.parse(JSON.stringify(nodes).replaceAll(id, constantId)),
			tables: answers,
		},
	};
}
