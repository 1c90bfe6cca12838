import { type Static, Type } from "typebox";

/** What the security plugin's `authinfo` says of whoever asks; more fields come with it. */
export const AuthInfo = Type.Object({
	/** The plugin's own words for the user, as they stand in its refusals. */
	user: Type.String(),
	user_name: Type.String(),
	backend_roles: Type.Array(Type.String()),
	/** The security roles that are mapped to the user. */
	roles: Type.Array(Type.String()),
});

export type AuthInfo = Static<typeof AuthInfo>;

/** Whoever sent a request to a secured cluster. */
export interface Caller {
	name: string;
	/** As the security plugin writes a user in its refusals. */
	description: string;
	backendRoles: readonly string[];
	/** Security roles, not backend roles. */
	roles: readonly string[];
}
