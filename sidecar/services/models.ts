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
	changed: (modelId: string, model: StoredModel | undefined) => void;
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
		const version = await this.#newVersion(model, request.model_group_id);
		try {
			return await this.#write(id, request, version);
		} catch (error) {
			if (version) await this.#options.versions.release(version);
			throw error;
		}
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
		changed(id, undefined);
		return answer;
	}

	async #write(
		id: string,
		request: UpdateModelRequest,
		version: ModelVersion | undefined,
	): Promise<WriteAnswer> {
		const { models, changed } = this.#options;
		const written = await models.write(id, (current) =>
			current.sidecar.deleting
				? undefined
				: {
						...updatedModel(current, id, request),
						...(version && {
							model_group_id: version.groupId,
							model_version: version.version,
						}),
					},
		);
		if (!written?.answer) throw notFoundForUpdate(id);
		changed(id, written.source);
		return written.answer;
	}

	async #newVersion(
		{ name, model_group_id }: StoredModel,
		groupId: string | undefined,
	): Promise<ModelVersion | undefined> {
		if (!groupId || groupId === model_group_id) return undefined;
		try {
			return await this.#options.versions.claim({
				groupId,
				name,
				description: undefined,
			});
		} catch (error) {
			if (error instanceof SidecarError && error.code === "not_found")
				throw new SidecarError(
					"not_found",
					`Failed to find the model group with the provided model group id in the update model input, MODEL_GROUP_ID: ${groupId}`,
					{ cause: error },
				);
			throw error;
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
