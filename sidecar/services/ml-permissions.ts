const prefix = "cluster:admin/opensearch/ml/";

/** Predefined roles with every permission of the model API. */
const fullAccess: ReadonlySet<string> = new Set([
	"all_access",
	"ml_full_access",
]);

const readAccess = "ml_read_access";

/** What `ml_read_access` contains of the model API's actions, by the security plugin's own roles.yml. */
const readActions: ReadonlySet<string> = new Set(
	[
		"config/get",
		"connectors/get",
		"connectors/search",
		"controllers/get",
		"memory/conversation/get",
		"memory/conversation/interaction/search",
		"memory/conversation/list",
		"memory/conversation/search",
		"memory/interaction/get",
		"memory/interaction/list",
		"memory/trace/get",
		"model_groups/get",
		"model_groups/search",
		"models/get",
		"models/search",
		"profile/nodes",
		"stats/nodes",
		"tasks/get",
		"tasks/search",
		"tools/get",
		"tools/list",
	].map((action) => prefix + action),
);

/** Whether a user with these security roles may perform an action of the model API. */
export function permits(roles: readonly string[], action: string): boolean {
	return roles.some(
		(role) =>
			fullAccess.has(role) || (role === readAccess && readActions.has(action)),
	);
}
