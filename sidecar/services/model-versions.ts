import { setTimeout } from "node:timers/promises";
import type { StoredModel } from "../../schemas/model.ts";
import type { StoredModelGroup } from "../../schemas/model-group.ts";
import { SidecarError } from "../errors.ts";
import type { ModelGroupStore } from "../store/model-groups.ts";
import type { GroupNames } from "./group-names.ts";
import type { ModelGroupService } from "./model-groups.ts";

/** The place of a new model in its group. */
export interface ModelVersion {
	groupId: string;
	/** `model_version`, counted from 1 in each group. */
	version: string;
	/** The group was made for this model. */
	created: boolean;
}

/** What a model that is about to be registered says of its group. */
export interface VersionClaim {
	/** The model's id. */
	modelId: string;
	/** Absent or empty: the group of the model's name, which is made where there is none. */
	groupId: string | undefined;
	name: string;
	description: string | undefined;
}

export interface ModelVersionOptions {
	groups: ModelGroupStore;
	names: GroupNames;
	service: ModelGroupService;
}

const maxAttempts = 50;

/** Time between two looks at a group that somebody else is just making, milliseconds. */
const lookInterval = 50;

/** Counts the versions of models in their groups: no two models of a group get the same one. */
export class ModelVersions {
	readonly #options: ModelVersionOptions;

	constructor(options: ModelVersionOptions) {
		this.#options = options;
	}

	/** @throws SidecarError not_found for a group that is not there; bad_request for a blank name */
	async claim(claim: VersionClaim): Promise<ModelVersion> {
		const { groupId } = claim;
		if (!groupId) return this.#claimByName(claim);
		const group = await this.#options.groups.change(groupId, nextVersion);
		if (!group) throw groupNotFound();
		return asVersion(groupId, group);
	}

	/**
	 * Makes sure that the group of a model that is stored now stays: a deletion of the group that had not seen the model
	 * does not succeed any more.
	 *
	 * @throws SidecarError not_found where the group was deleted before
	 */
	async confirm({ groupId }: ModelVersion): Promise<void> {
		const group = await this.#options.groups.change(groupId, (current) => ({
			...current,
			last_updated_time: Date.now(),
		}));
		if (!group) throw groupNotFound();
	}

	/**
	 * Takes a claim back, since its model was not registered: a group that was made for it goes, the count of another
	 * one goes back. Where somebody has claimed a version since, a gap is left.
	 */
	async release({ groupId, version, created }: ModelVersion): Promise<void> {
		const { groups, names } = this.#options;
		const number = Number(version);
		if (!created) {
			await groups.change(groupId, (current) =>
				current.latest_version === number
					? { ...current, latest_version: number - 1 }
					: undefined,
			);
			return;
		}
		const found = await groups.get(groupId);
		if (found?.source.latest_version !== number) return;
		try {
			await groups.delete(found);
		} catch (error) {
			if (error instanceof SidecarError && error.code === "conflict") return;
			throw error;
		}
		await names.release(found.source.name, groupId);
	}

	async #claimByName({
		modelId,
		name,
		description,
	}: VersionClaim): Promise<ModelVersion> {
		const { groups, names, service } = this.#options;
		const id = madeGroupId(modelId);
		for (let attempt = 0; attempt < maxAttempts; attempt++) {
			const holder = await names.claim(name, id);
			if (holder === id) {
				await service.create(id, { name, description, latestVersion: 1 });
				return { groupId: id, version: "1", created: true };
			}
			const group = await groups.change(holder, (current) =>
				current.name === name ? nextVersion(current) : undefined,
			);
			if (group?.name === name) return asVersion(holder, group);
			await setTimeout(lookInterval);
		}
		throw new SidecarError(
			"conflict",
			`The model group [${name}] is being made or changed by others: try again in a minute`,
		);
	}
}

function nextVersion(group: StoredModelGroup): StoredModelGroup {
	return {
		...group,
		latest_version: group.latest_version + 1,
		last_updated_time: Date.now(),
	};
}

function asVersion(groupId: string, group: StoredModelGroup): ModelVersion {
	return { groupId, version: String(group.latest_version), created: false };
}

/** Characters of a model's id that tell its time; those behind are random. */
const timeLength = 10;

/**
 * The id of a group that is made for a model: of the same time, and with the random half of the model's the other way
 * round. So whoever clears away a model that was not registered knows whether its group was made for it, or a client's.
 */
function madeGroupId(modelId: string): string {
	const random = [...modelId.slice(timeLength)];
	return modelId.slice(0, timeLength) + random.reverse().join("");
}

/** The claim of a model, as its document tells it. */
export function claimOf(
	modelId: string,
	{ model_group_id: groupId, model_version: version }: StoredModel,
): ModelVersion | undefined {
	if (groupId === undefined) return undefined;
	return { groupId, version, created: groupId === madeGroupId(modelId) };
}

/** The claim of a model of which nothing was stored, if a group was made for it. */
export function madeClaimOf(modelId: string): ModelVersion {
	return { groupId: madeGroupId(modelId), version: "1", created: true };
}

function groupNotFound(): SidecarError {
	return new SidecarError("not_found", "Fail to find model group");
}
