import type { StoredModel } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import type { ChunkStore } from "../store/chunks.ts";
import type { ControllerStore } from "../store/controllers.ts";
import type { WriteAnswer } from "../store/documents.ts";
import type { ModelStore } from "../store/models.ts";
import { isPlanned } from "./model-state.ts";

/**
 * Deletes models so that nothing is left over, wherever it is cut short: the document says first that the model is
 * being deleted, then the chunks go, then the document. Files in the sidecars' cache folders stay: another model may
 * have the same content, and where room is needed they leave by themselves.
 */
export class ModelRemoval {
	readonly #models: ModelStore;
	readonly #chunks: ChunkStore;
	readonly #controllers: ControllerStore;

	constructor(
		models: ModelStore,
		chunks: ChunkStore,
		controllers: ControllerStore,
	) {
		this.#models = models;
		this.#chunks = chunks;
		this.#controllers = controllers;
	}

	/**
	 * Deletes a model that is not in use; one whose deletion was cut short is deleted the rest of the way.
	 *
	 * @param unless the reason not to, by the document as it is at that moment
	 * @returns OpenSearch's answer; undefined where there is no such model, or it was kept
	 * @throws SidecarError bad_state for a model in use
	 */
	async remove(
		id: string,
		unless: (model: StoredModel) => boolean = () => false,
	): Promise<WriteAnswer | undefined> {
		const model = await this.#models.change(
			id,
			(current) => {
				if (current.sidecar.deleting || unless(current)) return undefined;
				if (isPlanned(current))
					throw new SidecarError(
						"bad_state",
						"Model cannot be deleted in deploying or deployed state. Try undeploy model first then delete",
					);
				return { ...current, sidecar: { ...current.sidecar, deleting: true } };
			},
			// The janitor searches for it, and comes again; the deletion that follows is visible at once.
			{ visible: false },
		);
		if (!model?.sidecar.deleting) return undefined;
		await Promise.all([
			this.#chunks.delete(id, model),
			this.#controllers.delete(id),
		]);
		return this.#models.delete(id);
	}
}
