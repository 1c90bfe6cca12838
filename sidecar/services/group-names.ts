import { SidecarError } from "../errors.ts";
import type { GroupNameStore } from "../store/group-names.ts";
import type { ModelGroupStore } from "../store/model-groups.ts";

/** A claim for a name that no group shows is being made good for this long at most, milliseconds. */
const graceMs = 60_000;

const maxAttempts = 20;

export interface GroupNamesOptions {
	names: GroupNameStore;
	groups: ModelGroupStore;
	/** Epoch milliseconds. */
	now: () => number;
}

/**
 * Gives each name to one group at a time, however many sidecars are asked for it. Whoever wants a name claims it first,
 * then writes it into the group; whoever gives it up does so after the group has another one or is gone. Cut short, a
 * claim is left that no group shows: it is anybody's after a while.
 */
export class GroupNames {
	readonly #options: GroupNamesOptions;

	constructor(options: GroupNamesOptions) {
		this.#options = options;
	}

	/**
	 * Claims a name for a group.
	 *
	 * @returns the id of the group that has it now: this one, or another
	 * @throws SidecarError conflict
	 */
	async claim(name: string, groupId: string): Promise<string> {
		const { names, groups, now } = this.#options;
		const entry = { group_id: groupId, claimed_time: now() };
		for (let attempt = 0; attempt < maxAttempts; attempt++) {
			if (await names.create(name, entry)) return groupId;
			const found = await names.get(name);
			if (!found) continue;
			const { group_id: holder, claimed_time } = found.source;
			if (holder !== groupId) {
				const group = await groups.get(holder);
				const shown = group?.source.name === name;
				if (shown || now() - claimed_time < graceMs) return holder;
			}
			if (await names.replace(found, entry)) return groupId;
		}
		throw new SidecarError(
			"conflict",
			`The name [${name}] is being claimed and left by others all the time`,
		);
	}

	/** Whether a group still has a name that it claimed. */
	async holds(name: string, groupId: string): Promise<boolean> {
		const found = await this.#options.names.get(name);
		return found?.source.group_id === groupId;
	}

	/** Frees a name; one that another group has is left alone. */
	async release(name: string, groupId: string): Promise<void> {
		const { names } = this.#options;
		const found = await names.get(name);
		if (found?.source.group_id === groupId) await names.delete(found);
	}
}
