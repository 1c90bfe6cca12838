const prefix = "cluster:admin/opensearch/ml/";
const base = "/_plugins/_ml/";

/** The permission that ml-commons asks for, by method and path below `/_plugins/_ml`; `:` stands for any segment. */
const actions: Readonly<Record<string, string>> = {
	"POST models/_register": "register_model",
	"POST models/_upload": "register_model",
	"POST models/:/:/_register": "register_model",
	"POST models/:/:/_upload": "register_model",
	"POST models/_register_meta": "register_model_meta",
	"POST models/meta": "register_model_meta",
	"POST models/:/upload_chunk/:": "upload_model_chunk",
	"POST models/:/chunk/:": "upload_model_chunk",
	"POST models/:/_deploy": "deploy_model",
	"POST models/:/_load": "deploy_model",
	"POST models/:/_undeploy": "undeploy_models",
	"POST models/:/_unload": "undeploy_models",
	"POST models/_undeploy": "undeploy_models",
	"POST models/_unload": "undeploy_models",
	"GET models/:": "models/get",
	"PUT models/:": "models/update",
	"DELETE models/:": "models/delete",
	"GET models/_search": "models/search",
	"POST models/_search": "models/search",
	"POST models/:/_predict": "predict",
	"POST _predict/:/:": "predict",
	"GET tasks/:": "tasks/get",
	"DELETE tasks/:": "tasks/delete",
	"GET tasks/_search": "tasks/search",
	"POST tasks/_search": "tasks/search",
	"POST tasks/:/_cancel": "tasks/cancel",
	"POST model_groups/_register": "register_model_group",
	"GET model_groups/:": "model_groups/get",
	"PUT model_groups/:": "update_model_group",
	"DELETE model_groups/:": "model_groups/delete",
	"GET model_groups/_search": "model_groups/search",
	"POST model_groups/_search": "model_groups/search",
	"GET stats": "stats/nodes",
	"GET stats/:": "stats/nodes",
	"GET :/stats": "stats/nodes",
	"GET :/stats/:": "stats/nodes",
	"GET profile": "profile/nodes",
	"GET profile/models": "profile/nodes",
	"GET profile/models/:": "profile/nodes",
	"GET profile/tasks": "profile/nodes",
	"GET profile/tasks/:": "profile/nodes",
	"GET controllers/:": "controllers/get",
	"POST controllers/:": "controllers/create",
	"PUT controllers/:": "controllers/update",
	"DELETE controllers/:": "controllers/delete",
};

/** The same of routes of the sidecar's own that belong to the model API too, by method and whole path. */
const ownActions: Readonly<Record<string, string>> = {
	"POST /_sidecar/cache/_clear": "deploy_model",
	"POST /_sidecar/models/:/cache/_clear": "deploy_model",
};

const ownPaths = Object.keys(ownActions).map((key) => key.split(" ")[1]);

/** Whether a route, by the path it was declared with, belongs to the model API. */
export function isModelApi(route: string): boolean {
	return (
		route === base.slice(0, -1) ||
		route.startsWith(base) ||
		ownPaths.includes(shapeOf(route))
	);
}

/** Whether a route of the model API has an action of its own. */
export function isListed(method: string, route: string): boolean {
	return found(method, route) !== undefined;
}

/**
 * The permission that a call of a route needs, by the path that the route was declared with. One that is not listed
 * needs all of them: a route that is added later is closed until it stands in the table.
 */
export function actionOf(method: string, route: string): string {
	return prefix + (found(method, route) ?? "*");
}

function found(method: string, route: string): string | undefined {
	const name = method === "HEAD" ? "GET" : method;
	return route.startsWith(base)
		? actions[`${name} ${shapeOf(route.slice(base.length))}`]
		: ownActions[`${name} ${shapeOf(route)}`];
}

function shapeOf(path: string): string {
	return path.replace(/\/$/, "").replaceAll(/:[^/]+/g, ":");
}
