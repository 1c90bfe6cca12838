import type { Client } from "@opensearch-project/opensearch";
import { StoredClusterSettings } from "../../schemas/config.ts";
import { SidecarError } from "../errors.ts";
import { Documents } from "./documents.ts";
import { configIndex, type HiddenIndices } from "./hidden-indices.ts";

const nothing: StoredClusterSettings = { persistent: {}, transient: {} };
const settingsId = "cluster-settings";

/** The one document of the cluster settings that the sidecars keep for the cluster. */
export class ConfigStore {
	readonly #indices: HiddenIndices;
	readonly #settings: Documents<typeof StoredClusterSettings>;

	constructor(client: Client, indices: HiddenIndices) {
		this.#indices = indices;
		this.#settings = new Documents(client, configIndex, StoredClusterSettings);
	}

	/** What was set; undefined where nothing ever was. */
	async settings(): Promise<StoredClusterSettings | undefined> {
		return (await this.#settings.get(settingsId))?.source;
	}

	/** Makes index and document where they are not there, so that little can go wrong in a change. */
	async prepare(): Promise<void> {
		await this.#indices.ensure(configIndex);
		try {
			await this.#settings.create(settingsId, nothing);
		} catch (error) {
			const byAnother =
				error instanceof SidecarError && error.code === "conflict";
			if (!byAnother) throw error;
		}
	}

	/** Replaces what is set, guarded against others' changes; see {@link Documents.change}. */
	async change(
		change: (
			current: StoredClusterSettings,
		) => StoredClusterSettings | undefined,
	): Promise<void> {
		const found = await this.#settings.change(settingsId, change);
		if (found || change(nothing) === undefined) return;
		throw new SidecarError(
			"internal",
			`${configIndex} was deleted while it was changed`,
		);
	}
}
