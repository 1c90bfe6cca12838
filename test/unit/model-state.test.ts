import { describe, expect, it } from "vitest";
import type { StoredModel } from "../../schemas/model.ts";
import {
	isPlannedOn,
	toDeploying,
	toUndeployed,
	withoutNodes,
	withWorker,
} from "../../sidecar/services/model-state.ts";
import { registeredModel } from "../helpers/registered-model.ts";

const deployed = { state: "deployed" } as const;
const failed = { state: "failed", reason: "no" } as const;

function deploying(nodes: string[], everywhere = true): StoredModel {
	return changed(toDeploying(registeredModel, { now: 2, nodes, everywhere }));
}

function ended(
	model: StoredModel,
	workers: Record<string, typeof deployed | typeof failed>,
): StoredModel {
	return Object.entries(workers).reduce(
		(current, [nodeId, worker]) =>
			changed(withWorker(current, { now: 3, nodeId, worker })),
		model,
	);
}

function changed(model: StoredModel | undefined): StoredModel {
	if (!model) throw new Error("the model stays as it is");
	return model;
}

describe("a deployment on two nodes", () => {
	it("goes on until both have said how it went", () => {
		const model = deploying(["a", "b"]);
		expect(model).toMatchObject({
			model_state: "DEPLOYING",
			planning_worker_node_count: 2,
			current_worker_node_count: 0,
		});
		expect(ended(model, { a: deployed })).toMatchObject({
			model_state: "DEPLOYING",
			current_worker_node_count: 1,
		});
	});

	it.each([
		["DEPLOYED", { a: deployed, b: deployed }],
		["PARTIALLY_DEPLOYED", { a: deployed, b: failed }],
		["DEPLOY_FAILED", { a: failed, b: failed }],
	])("ends as %s", (state, workers) => {
		expect(ended(deploying(["a", "b"]), workers)).toMatchObject({
			model_state: state,
		});
	});

	it("that is deployed already changes nothing", () => {
		const model = ended(deploying(["a", "b"]), { a: deployed, b: deployed });
		expect(
			toDeploying(model, { now: 4, nodes: ["a", "b"], everywhere: true }),
		).toBeUndefined();
	});

	it("tried again keeps what runs, and tries what failed", () => {
		const model = ended(deploying(["a", "b"]), { a: deployed, b: failed });
		const again = changed(
			toDeploying(model, { now: 4, nodes: ["a", "b"], everywhere: true }),
		);
		expect(again.model_state).toBe("DEPLOYING");
		expect(again.sidecar.workers).toEqual({ a: deployed });
	});

	it("is not undone by an outcome that comes after its undeployment", () => {
		const undeployed = changed(toUndeployed(deploying(["a", "b"]), { now: 4 }));
		expect(undeployed).toMatchObject({
			model_state: "UNDEPLOYED",
			planning_worker_nodes: [],
		});
		expect(
			withWorker(undeployed, { now: 5, nodeId: "a", worker: deployed }),
		).toBeUndefined();
	});
});

describe("an undeployment of one node", () => {
	it("leaves the model on the other, which then is all of it", () => {
		const model = ended(deploying(["a", "b"]), { a: deployed, b: deployed });
		const without = changed(toUndeployed(model, { now: 4, nodes: ["a"] }));
		expect(isPlannedOn(without, "a")).toBe(false);
		expect(
			changed(toUndeployed(model, { now: 4, nodes: ["a"] })),
		).toMatchObject({
			model_state: "DEPLOYED",
			planning_worker_nodes: ["b"],
		});
	});
});

describe("a node that disappears", () => {
	const model = ended(deploying(["a", "b"]), { a: deployed, b: deployed });

	it("leaves the model partially deployed, once", () => {
		const without = changed(
			withoutNodes(model, { now: 4, gone: ["b"], left: [] }),
		);
		expect(without).toMatchObject({
			model_state: "PARTIALLY_DEPLOYED",
			planning_worker_node_count: 2,
			current_worker_node_count: 1,
		});
		expect(
			withoutNodes(without, { now: 5, gone: ["b"], left: [] }),
		).toBeUndefined();
	});

	it("and comes back makes it whole again", () => {
		const without = changed(
			withoutNodes(model, { now: 4, gone: ["b"], left: [] }),
		);
		expect(isPlannedOn(without, "b")).toBe(true);
		expect(ended(without, { b: deployed }).model_state).toBe("DEPLOYED");
	});

	it("for good is not waited for, unless the plan named it", () => {
		const gone = { now: 4, gone: ["b"], left: ["b"] };
		expect(changed(withoutNodes(model, gone))).toMatchObject({
			model_state: "DEPLOYED",
			planning_worker_nodes: ["a"],
		});
		const named = ended(deploying(["a", "b"], false), {
			a: deployed,
			b: deployed,
		});
		expect(changed(withoutNodes(named, gone)).model_state).toBe(
			"PARTIALLY_DEPLOYED",
		);
	});

	it("as the last one leaves the model planned, for it or another to take up", () => {
		const alone = ended(deploying(["b"]), { b: deployed });
		const without = changed(
			withoutNodes(alone, { now: 4, gone: ["b"], left: ["b"] }),
		);
		expect(without).toMatchObject({
			model_state: "PARTIALLY_DEPLOYED",
			current_worker_node_count: 0,
		});
		expect(isPlannedOn(without, "c")).toBe(true);
		expect(ended(without, { c: deployed })).toMatchObject({
			model_state: "DEPLOYED",
			planning_worker_nodes: ["c"],
		});
	});
});

describe("a model that is being deleted", () => {
	it("is planned nowhere", () => {
		const model = deploying(["a"]);
		expect(
			isPlannedOn(
				{ ...model, sidecar: { ...model.sidecar, deleting: true } },
				"a",
			),
		).toBe(false);
	});
});
