import { type Static, Type } from "typebox";

/** Who may use a group is only there to be refused: it needs access control, which the sidecar does not have. */
const accessFields = {
	access_mode: Type.Optional(Type.Unknown()),
	backend_roles: Type.Optional(Type.Unknown()),
	add_all_backend_roles: Type.Optional(Type.Unknown()),
};

/** What a client says of a model group, at registration and in an update. */
export const ModelGroupRequest = Type.Object({
	name: Type.Optional(Type.String()),
	description: Type.Optional(Type.String()),
	...accessFields,
});

export type ModelGroupRequest = Static<typeof ModelGroupRequest>;

/** What comes in: a body may be missing. */
export const ModelGroupBody = Type.Union([ModelGroupRequest, Type.Null()]);

/** The document of a group in `.ml-sidecar-model-group`. Times are epoch milliseconds. */
export const StoredModelGroup = Type.Object({
	name: Type.String(),
	/** The number of the newest version; 0 where no model was registered yet. */
	latest_version: Type.Integer(),
	description: Type.Optional(Type.String()),
	access: Type.Enum(["public"]),
	created_time: Type.Integer(),
	last_updated_time: Type.Integer(),
});

export type StoredModelGroup = Static<typeof StoredModelGroup>;

/** The document in `.ml-sidecar-group-name` by which a group has its name; its id is made of the name. */
export const StoredGroupName = Type.Object({
	group_id: Type.String(),
	/** Epoch milliseconds. */
	claimed_time: Type.Integer(),
});

export type StoredGroupName = Static<typeof StoredGroupName>;
