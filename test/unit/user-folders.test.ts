import { expect, test } from "vitest";
import { userFolders } from "../../sidecar/dev/user-folders.ts";

const user = { uid: 1000, home: "/users/me" };

test("an ordinary user's files are where the XDG specification has them", () => {
	expect(userFolders({}, user)).toEqual({
		cache: "/users/me/.cache/opensearch-ml-sidecar",
		data: "/users/me/.local/share/opensearch-ml-sidecar",
	});
	const env = { XDG_CACHE_HOME: "/c", XDG_DATA_HOME: "relative/is/ignored" };
	expect(userFolders(env, user)).toEqual({
		cache: "/c/opensearch-ml-sidecar",
		data: "/users/me/.local/share/opensearch-ml-sidecar",
	});
});

test("root's files are where the user that OpenSearch runs as can reach them", () => {
	const root = { uid: 0, home: "/users/root" };
	const env = { XDG_CACHE_HOME: "/users/other/.cache" };
	expect(userFolders(env, root)).toEqual({
		cache: "/var/cache/opensearch-ml-sidecar",
		data: "/var/lib/opensearch-ml-sidecar",
	});
});

test("whoever names the folders gets those folders", () => {
	const env = { SIDECAR_DEV_CACHE: "/a", SIDECAR_DEV_DATA: "/b" };
	expect(userFolders(env, user)).toEqual({ cache: "/a", data: "/b" });
});
