import { createHash } from "node:crypto";
import type { StoredScrollTask } from "../../../schemas/scroll-task.ts";
import type { NodeRegistry } from "../node-registry.ts";

/** The part of the registry that is needed here. */
export type Sidecars = Pick<
	NodeRegistry,
	"id" | "secret" | "peers" | "isGone" | "look"
>;

/** Which process of which sidecar runs a task. */
export class TaskOwner {
	readonly #sidecars: Sidecars;

	constructor(sidecars: Sidecars) {
		this.#sidecars = sidecars;
	}

	/** This process. */
	get self(): { node: string; instance: string } {
		const { id, secret } = this.#sidecars;
		return { node: id, instance: instanceOf(secret) };
	}

	/** Whether the process that ran a task is no more; this one's own tasks are known to it. */
	async hasEnded({ node, instance }: StoredScrollTask): Promise<boolean> {
		if (node === this.self.node) return true;
		// One that has just come is not known before the next look.
		if (!this.#instance(node)) await this.#sidecars.look();
		const known = this.#instance(node);
		return known === undefined
			? this.#sidecars.isGone(node)
			: known !== instance;
	}

	#instance(node: string): string | undefined {
		const peer = this.#sidecars.peers().find(({ id }) => id === node);
		return peer && instanceOf(peer.secret);
	}
}

/** A secret is not written anywhere else. */
function instanceOf(secret: string): string {
	return createHash("sha256").update(secret).digest("hex");
}
