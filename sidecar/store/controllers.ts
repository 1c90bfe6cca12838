import type { Client } from "@opensearch-project/opensearch";
import {
	type ControllerRequest,
	StoredController,
} from "../../schemas/controller.ts";
import { statusOf, storeError } from "./client.ts";
import { Documents, type WriteAnswer } from "./documents.ts";
import { controllerIndex, type HiddenIndices } from "./hidden-indices.ts";

/** The documents of controllers, by the id of their model. */
export class ControllerStore {
	readonly #client: Client;
	readonly #indices: HiddenIndices;
	readonly #documents: Documents<typeof StoredController>;

	constructor(client: Client, indices: HiddenIndices) {
		this.#client = client;
		this.#indices = indices;
		this.#documents = new Documents(client, controllerIndex, StoredController);
	}

	async get(modelId: string): Promise<StoredController | undefined> {
		return (await this.#documents.get(modelId))?.source;
	}

	/** Stores a controller in place of the one that may be there. */
	async put(controller: StoredController): Promise<WriteAnswer> {
		await this.#indices.ensure(controllerIndex);
		const id = controller.model_id;
		try {
			const { body } = await this.#client.index({
				index: controllerIndex,
				id,
				refresh: true,
				body: controller,
			});
			return body;
		} catch (error) {
			throw storeError(error, `store ${controllerIndex}/${id}`);
		}
	}

	/** Merges limits into a controller's; undefined where there is none. */
	async merge(
		modelId: string,
		partial: ControllerRequest,
	): Promise<WriteAnswer | undefined> {
		try {
			const { body } = await this.#client.update({
				index: controllerIndex,
				id: modelId,
				refresh: true,
				retry_on_conflict: 3,
				body: { doc: partial },
			});
			return body;
		} catch (error) {
			if (statusOf(error) === 404) return undefined;
			throw storeError(error, `update ${controllerIndex}/${modelId}`);
		}
	}

	delete(modelId: string): Promise<WriteAnswer | undefined> {
		return this.#documents.delete(modelId);
	}
}
