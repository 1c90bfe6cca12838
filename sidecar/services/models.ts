import type { StoredModel } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import type { ChunkStore } from "../store/chunks.ts";
import type { WriteAnswer } from "../store/documents.ts";
import type { ModelStore } from "../store/models.ts";

/** A model as the API shows it: its document without what only the sidecar needs. */
export type ShownModel = Omit<StoredModel, "sidecar">;

const inUse = ["DEPLOYING", "DEPLOYED", "PARTIALLY_DEPLOYED"];

/** Looks models up and deletes them. */
export class ModelService {
	readonly #models: ModelStore;
	readonly #chunks: ChunkStore;

	constructor(models: ModelStore, chunks: ChunkStore) {
		this.#models = models;
		this.#chunks = chunks;
	}

	/** @throws SidecarError not_found */
	async get(id: string): Promise<ShownModel> {
		const model = await this.#models.get(id);
		if (!model)
			throw new SidecarError(
				"not_found",
				`Failed to find model with the provided model id: ${id}`,
			);
		const { sidecar: _internals, ...shown } = model;
		return shown;
	}

	/**
	 * Deletes a model that is not in use, chunks first: cut short, the model is still there to be deleted again.
	 *
	 * @throws SidecarError not_found, bad_state
	 */
	async delete(id: string): Promise<WriteAnswer> {
		const model = await this.#models.get(id);
		if (!model) throw notFound();
		if (inUse.includes(model.model_state))
			throw new SidecarError(
				"bad_state",
				"Model cannot be deleted in deploying or deployed state. Try undeploy model first then delete",
			);
		await this.#chunks.delete(id, model);
		const answer = await this.#models.delete(id);
		if (!answer) throw notFound();
		return answer;
	}
}

function notFound(): SidecarError {
	return new SidecarError("not_found", "Failed to find model");
}
