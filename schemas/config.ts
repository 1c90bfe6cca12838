import { type Static, Type } from "typebox";

/** A cluster setting's value as OpenSearch keeps it: numbers and booleans are text. */
export const SettingText = Type.Union([
	Type.String(),
	Type.Array(Type.String()),
]);

export type SettingText = Static<typeof SettingText>;

const SettingTexts = Type.Record(Type.String(), SettingText);

/** The document of the cluster settings in `.ml-sidecar-config`: what was set, by name. */
export const StoredClusterSettings = Type.Object({
	persistent: SettingTexts,
	transient: SettingTexts,
});

export type StoredClusterSettings = Static<typeof StoredClusterSettings>;
