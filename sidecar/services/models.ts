import { isDeepStrictEqual } from "node:util";
import type { StoredModel } from "../../schemas/model.ts";
import type { UpdateModelRequest } from "../../schemas/update-model.ts";
import { SidecarError } from "../errors.ts";
import type { WriteAnswer } from "../store/documents.ts";
import type { ModelStore } from "../store/models.ts";
import type { ModelRemoval } from "./model-removal.ts";
import { refuseRemote, updatedModel } from "./model-update.ts";
import type { ModelVersion, ModelVersions } from "./model-versions.ts";
import { type ShownModel, shownModel } from "./shown-model.ts";

export interface ModelServiceOptions {
	models: ModelStore;
	removal: ModelRemoval;
	versions: ModelVersions;
	/** The ingest pipelines that embed with a model. */
	pipelinesWith: (modelId: string) => Promise<string[]>;
	/** `plugins.ml_commons.safe_delete_model` */
	deletesSafely: () => boolean;
	/** Called when a model was changed or deleted. */
	changed: (modelId: string) => void;
}

/** A model that was changed: as it was, as it was written, and OpenSearch's answer. */
interface WrittenModel {
	before: StoredModel;
	after: StoredModel;
	answer: WriteAnswer;
}

/** Looks models up, changes and deletes them. */
export class ModelService {
	readonly #options: ModelServiceOptions;

	constructor(options: ModelServiceOptions) {
		this.#options = options;
	}

	/** @throws SidecarError not_found */
	async get(id: string): Promise<ShownModel> {
		const model = await this.#find(id);
		if (!model)
			throw new SidecarError(
				"not_found",
				`Failed to find model with the provided model id: ${id}`,
			);
		return shownModel(model);
	}

	/**
	 * Changes what a client says about a model. In another group it gets that group's next version.
	 *
	 * @returns OpenSearch's answer to the write
	 * @throws SidecarError not_found, conflict while the model is being deployed, bad_state, bad_request, bad_definition
	 */
	async update(
		id: string,
		request: UpdateModelRequest | null | undefined,
	): Promise<WriteAnswer> {
		if (!request)
			throw new SidecarError(
				"bad_definition",
				"Update model request has empty body",
			);
		refuseRemote(request);
		const model = await this.#find(id);
		if (!model) throw notFoundForUpdate(id);
		// Before a version is claimed: what can't be done claims none.
		updatedModel(model, id, request);
		const version = await this.#newVersion(id, model, request.model_group_id);
		let written: WrittenModel;
		try {
			written = await this.#write(id, request, version);
		} catch (error) {
			if (version) await this.#options.versions.release(version);
			throw error;
		}
		if (version) await this.#confirm(id, version, written);
		this.#options.changed(id);
		return written.answer;
	}

	/**
	 * Deletes a model that is not in use; cut short, it can be deleted again.
	 *
	 * @throws SidecarError not_found, bad_state; conflict where pipelines use it and that counts
	 */
	async delete(id: string): Promise<WriteAnswer> {
		const { removal, deletesSafely, changed } = this.#options;
		if (deletesSafely()) await this.#refuseUsed(id);
		const answer = await removal.remove(id);
		if (!answer) throw new SidecarError("not_found", "Failed to find model");
		changed(id);
		return answer;
	}

	async #write(
		id: string,
		request: UpdateModelRequest,
		version: ModelVersion | undefined,
	): Promise<WrittenModel> {
		let before: StoredModel | undefined;
		const written = await this.#options.models.write(id, (current) => {
			before = current;
			return current.sidecar.deleting
				? undefined
				: {
						...updatedModel(current, id, request),
						...(version && {
							model_group_id: version.groupId,
							model_version: version.version,
						}),
					};
		});
		if (!before || !written?.answer) throw notFoundForUpdate(id);
		return { before, after: written.source, answer: written.answer };
	}

	/** Sets a model back whose new group was deleted meanwhile. @throws SidecarError not_found */
	async #confirm(
		id: string,
		version: ModelVersion,
		{ before, after }: WrittenModel,
	): Promise<void> {
		const { models, versions } = this.#options;
		try {
			await versions.confirm(version);
		} catch (error) {
			if (!isNotFound(error)) throw error;
			await models.change(id, (current) =>
				isDeepStrictEqual(current, after)
					? before
					: withGroupOf(current, before),
			);
			throw groupNotFoundForUpdate(version.groupId, error);
		}
	}

	async #newVersion(
		modelId: string,
		{ name, model_group_id }: StoredModel,
		groupId: string | undefined,
	): Promise<ModelVersion | undefined> {
		if (!groupId || groupId === model_group_id) return undefined;
		try {
			return await this.#options.versions.claim({
				modelId,
				groupId,
				name,
				description: undefined,
			});
		} catch (error) {
			throw isNotFound(error) ? groupNotFoundForUpdate(groupId, error) : error;
		}
	}

	async #refuseUsed(id: string): Promise<void> {
		const pipelines = await this.#options.pipelinesWith(id);
		if (pipelines.length > 0)
			throw new SidecarError(
				"conflict",
				`${pipelines.length} ingest pipelines are still using this model, please delete or update the pipelines first: [${pipelines.join(", ")}]`,
			);
	}

	async #find(id: string): Promise<StoredModel | undefined> {
		const model = await this.#options.models.get(id);
		return model?.sidecar.deleting ? undefined : model;
	}
}

function notFoundForUpdate(id: string): SidecarError {
	return new SidecarError(
		"not_found",
		`Failed to find model to update with the provided model id: ${id}`,
	);
}

function groupNotFoundForUpdate(groupId: string, cause: unknown): SidecarError {
	return new SidecarError(
		"not_found",
		`Failed to find the model group with the provided model group id in the update model input, MODEL_GROUP_ID: ${groupId}`,
		{ cause },
	);
}

function isNotFound(error: unknown): boolean {
	return error instanceof SidecarError && error.code === "not_found";
}

/** A model that was changed meanwhile, in the group that another state of it had. */
function withGroupOf(model: StoredModel, other: StoredModel): StoredModel {
	const { model_group_id: _left, ...rest } = model;
	const { model_group_id, model_version } = other;
	return {
		...rest,
		...(model_group_id !== undefined && { model_group_id }),
		model_version,
	};
}
