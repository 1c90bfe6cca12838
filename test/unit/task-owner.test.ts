import { describe, expect, it } from "vitest";
import type { StoredScrollTask } from "../../schemas/scroll-task.ts";
import {
	type Sidecars,
	TaskOwner,
} from "../../sidecar/services/by-scroll/task-owner.ts";

const sidecars: Sidecars = {
	id: "here",
	secret: "own secret",
	peers: () => [{ id: "there", address: "http://there", secret: "theirs" }],
	isGone: (id) => id === "gone",
	look: async () => undefined,
};
const owner = new TaskOwner(sidecars);

/** A task that a sidecar has stored. */
function taskOf(node: string, secret: string): StoredScrollTask {
	const { self } = new TaskOwner({ ...sidecars, id: node, secret });
	return {
		...self,
		action: "indices:data/write/reindex",
		description: "",
		start_time: 1,
		running_ms: 1,
		completed: false,
		status: "{}",
	};
}

describe("a task that is stored as running", () => {
	it.each([
		["runs with the sidecar that is there", "there", "theirs", false],
		["has ended where that sidecar was started anew", "there", "before", true],
		["has ended with a sidecar that is gone", "gone", "x", true],
		["may run where nobody knows its sidecar yet", "unknown", "x", false],
		["has ended where this sidecar does not know it", "here", "before", true],
	])("%s", async (_name, node, secret, ended) => {
		expect(await owner.hasEnded(taskOf(node, secret))).toBe(ended);
	});

	it("runs with a sidecar that has just come", async () => {
		const peers: ReturnType<Sidecars["peers"]> = [];
		const newcomer = { id: "gone", address: "http://new", secret: "new" };
		const looking = new TaskOwner({
			...sidecars,
			peers: () => peers,
			look: async () => {
				peers.push(newcomer);
			},
		});
		expect(await looking.hasEnded(taskOf("gone", "new"))).toBe(false);
	});

	it("does not show the secret of its sidecar", () => {
		expect(JSON.stringify(owner.self)).not.toContain("own secret");
	});
});
