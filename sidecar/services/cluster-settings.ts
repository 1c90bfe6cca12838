import type { Logger } from "pino";
import { Compile } from "typebox/compile";
import { Create } from "typebox/value";
import {
	type ClusterSettingName,
	type ClusterSettings,
	ClusterSettingsSchema,
} from "../../schemas/cluster-settings.ts";
import type {
	SettingText,
	StoredClusterSettings,
} from "../../schemas/config.ts";
import { SidecarError } from "../errors.ts";
import type { ConfigStore } from "../store/config.ts";
import {
	defaultText,
	isClusterSetting,
	parseSetting,
} from "./cluster-setting-value.ts";
import {
	changed,
	namesSettings,
	type SettingsChange,
	validateChange,
} from "./settings-change.ts";

export interface ClusterSettingsOptions {
	store: ConfigStore;
	/** Has the other sidecars read the settings again; one that does not hear of it does so by itself a little later. */
	announce: () => Promise<void>;
	logger: Logger;
}

/** How OpenSearch does its part of a change, for the caller. */
export interface OthersPart<Answer extends { accepted: boolean }> {
	/** Asks for a change of nothing, which is accepted from whoever may change settings. */
	judge(): Promise<Answer>;
	others(): Promise<Answer>;
}

const names = Object.keys(ClusterSettingsSchema.properties).filter(
	isClusterSetting,
);
const validator = Compile(ClusterSettingsSchema);
const nothing: StoredClusterSettings = { persistent: {}, transient: {} };

/**
 * The settings of ml-commons and neural-search, kept for the cluster in one document. Each sidecar has them in memory
 * as they were when it last read them.
 */
export class ClusterSettingsService {
	readonly #options: ClusterSettingsOptions;
	#stored = nothing;
	#settings = defaults();
	/** Reads so far, and the one that the settings in memory are from. */
	#reads = 0;
	#taken = 0;

	constructor(options: ClusterSettingsOptions) {
		this.#options = options;
	}

	/** The value in force: the transient one, else the persistent one, else the default. */
	get<Name extends ClusterSettingName>(name: Name): ClusterSettings[Name] {
		return this.#settings[name];
	}

	/** What was set, by name, as text. */
	get stored(): StoredClusterSettings {
		return this.#stored;
	}

	/** The defaults of what is not set, as text. */
	get defaults(): Record<string, SettingText> {
		const { persistent, transient } = this.#stored;
		return Object.fromEntries(
			names
				.filter((name) => !(name in persistent) && !(name in transient))
				.map((name) => [name, defaultText(name)]),
		);
	}

	/** Reads the settings again. @throws SidecarError where OpenSearch does not answer */
	async refresh(): Promise<void> {
		const read = ++this.#reads;
		const stored = (await this.#options.store.settings()) ?? nothing;
		// A read that began earlier and ended later has nothing new to say.
		if (read < this.#taken) return;
		this.#taken = read;
		if (JSON.stringify(stored) === JSON.stringify(this.#stored)) return;
		this.#stored = stored;
		this.#settings = this.#inForce(stored);
	}

	/**
	 * Makes a change that comes with one of OpenSearch's own settings. Nothing of it is stored unless it is valid and
	 * OpenSearch takes its part; where the store fails after that, OpenSearch's part stays, and the error says so.
	 *
	 * @returns OpenSearch's answer
	 * @throws SidecarError bad_setting or bad_request for a wrong value; upstream errors of the store
	 */
	async update<Answer extends { accepted: boolean }>(
		change: SettingsChange,
		{ judge, others }: OthersPart<Answer>,
	): Promise<Answer> {
		validateChange(change);
		const { store, announce } = this.#options;
		// What can go wrong with the store goes wrong before OpenSearch has changed anything, but for no stranger.
		if (namesSettings(change) && !(await store.settings())) {
			const judgement = await judge();
			if (!judgement.accepted) return judgement;
			await store.prepare();
		}
		const answer = await others();
		if (!answer.accepted) return answer;
		try {
			await store.change((stored) => changed(stored, change));
			await this.refresh();
			await announce();
			return answer;
		} catch (cause) {
			const code = cause instanceof SidecarError ? cause.code : "internal";
			throw new SidecarError(
				code,
				"OpenSearch has made its part of this change; whether the sidecar's was stored is unknown: send the call again",
				{ cause },
			);
		}
	}

	#inForce({ persistent, transient }: StoredClusterSettings): ClusterSettings {
		const values: Record<string, unknown> = defaults();
		for (const [name, text] of Object.entries({ ...persistent, ...transient }))
			try {
				if (isClusterSetting(name)) values[name] = parseSetting(name, text);
			} catch (error) {
				// Stored by another version of the sidecar, which knows other values.
				this.#options.logger.warn(
					{ err: error, setting: name },
					"a stored setting is not understood: its default holds",
				);
			}
		return validator.Parse(values);
	}
}

function defaults(): ClusterSettings {
	return Create(ClusterSettingsSchema);
}
