import { ulid } from "ulid";
import type {
	ModelGroupRequest,
	StoredModelGroup,
} from "../../schemas/model-group.ts";
import { SidecarError } from "../errors.ts";
import type { Versioned, WriteAnswer } from "../store/documents.ts";
import type { ModelGroupStore } from "../store/model-groups.ts";
import type { ModelStore } from "../store/models.ts";
import type { GroupNames } from "./group-names.ts";

export interface ModelGroupOptions {
	groups: ModelGroupStore;
	names: GroupNames;
	models: ModelStore;
}

/** Registers, changes and deletes groups of models. */
export class ModelGroupService {
	readonly #options: ModelGroupOptions;

	constructor(options: ModelGroupOptions) {
		this.#options = options;
	}

	/** @returns the new group's id. @throws SidecarError bad_request, also for a name that another group has */
	async register(
		request: ModelGroupRequest | null | undefined,
	): Promise<string> {
		if (!request)
			throw new SidecarError(
				"bad_definition",
				"Model group request has empty body",
			);
		const { name, description } = request;
		if (name === undefined) throw invalid("model group name must not be null");
		checkName(name);
		refuseAccessControl(request);
		const id = ulid().toLowerCase();
		const holder = await this.#options.names.claim(name, id);
		if (holder !== id)
			throw invalid(
				`The name you provided is already being used by a model group with ID: ${holder}.`,
			);
		await this.create(id, { name, description, latestVersion: 0 });
		return id;
	}

	/** @throws SidecarError not_found */
	async get(id: string): Promise<StoredModelGroup> {
		return (await this.#find(id)).source;
	}

	/** @throws SidecarError not_found, bad_request as {@link register} does */
	async update(
		id: string,
		request: ModelGroupRequest | null | undefined,
	): Promise<void> {
		if (!request) throw invalid("Model group request has empty body");
		const { name, description } = request;
		if (name !== undefined) checkName(name);
		refuseAccessControl(request);
		const { source } = await this.#find(id);
		const renamed = name !== undefined && name !== source.name;
		if (renamed) await this.#claimNewName(name, id);
		let before = source.name;
		const changed = await this.#options.groups.change(id, (current) => {
			before = current.name;
			return {
				...current,
				...(name !== undefined && { name }),
				...(description !== undefined && { description }),
				last_updated_time: Date.now(),
			};
		});
		if (!changed) {
			if (renamed) await this.#options.names.release(name, id);
			throw notFound(id);
		}
		if (name !== undefined && name !== before)
			await this.#leaveName(before, { ...changed, id, name });
	}

	/** @throws SidecarError not_found, conflict for a group that has models, or is being given one */
	async delete(id: string): Promise<WriteAnswer> {
		const { groups, names, models } = this.#options;
		// Read before the models are looked for: a version that is claimed meanwhile makes the deletion fail.
		const found = await this.#find(id);
		if (await models.anyInGroup(id))
			throw new SidecarError(
				"conflict",
				"Cannot delete the model group when it has associated model versions",
			);
		const answer = await groups.delete(found);
		if (!answer) throw notFound(id);
		await names.release(found.source.name, id);
		return answer;
	}

	/** Writes a new group whose name is claimed. @throws SidecarError conflict where the claim was lost meanwhile */
	async create(
		id: string,
		group: {
			name: string;
			description: string | undefined;
			latestVersion: number;
		},
	): Promise<void> {
		const { groups, names } = this.#options;
		const now = Date.now();
		await groups.create(id, {
			name: group.name,
			latest_version: group.latestVersion,
			...(group.description !== undefined && {
				description: group.description,
			}),
			access: "public",
			created_time: now,
			last_updated_time: now,
		});
		if (await names.holds(group.name, id)) return;
		const found = await groups.get(id);
		if (found) await groups.delete(found);
		throw lost(group.name);
	}

	async #claimNewName(name: string, id: string): Promise<void> {
		const holder = await this.#options.names.claim(name, id);
		if (holder !== id)
			throw invalid(
				`The name you provided is already being used by another model with ID: ${holder}. Please provide a different name`,
			);
	}

	async #leaveName(
		before: string,
		{ id, name }: { id: string; name: string },
	): Promise<void> {
		const { groups, names } = this.#options;
		if (await names.holds(name, id)) return names.release(before, id);
		await groups.change(id, (current) =>
			current.name === name ? { ...current, name: before } : undefined,
		);
		throw lost(name);
	}

	async #find(id: string): Promise<Versioned<StoredModelGroup>> {
		const found = await this.#options.groups.get(id);
		if (!found) throw notFound(id);
		return found;
	}
}

/** @throws SidecarError bad_request: there is no access control, so nobody may believe that there is */
export function refuseAccessControl(request: {
	access_mode?: unknown;
	backend_roles?: unknown;
	add_all_backend_roles?: unknown;
}): void {
	const { access_mode, backend_roles, add_all_backend_roles } = request;
	const roles = Array.isArray(backend_roles)
		? backend_roles.length > 0
		: backend_roles !== undefined;
	if (access_mode !== undefined || roles || add_all_backend_roles !== undefined)
		throw invalid(
			"You cannot specify model access control parameters because the Security plugin or model access control is disabled on your cluster.",
		);
}

function checkName(name: string): void {
	if (name.trim() === "")
		throw new SidecarError(
			"bad_fields",
			"Validation Failed: 1: Model group name is required and cannot be null or blank;",
		);
}

function invalid(reason: string): SidecarError {
	return new SidecarError("bad_request", reason);
}

function lost(name: string): SidecarError {
	return new SidecarError(
		"conflict",
		`The name [${name}] was taken by another model group while it was being claimed`,
	);
}

function notFound(id: string): SidecarError {
	return new SidecarError(
		"not_found",
		`Failed to find model group with the provided model group id: ${id}`,
	);
}
