/* LuaJIT as an interpreter: a state for each run, so that no script sees another's. */
#include "data/lua.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>
#include <luajit.h>
#include <lualib.h>

#include "base/cleanup.h"
#include "base/memory.h"

#define STEPS_A_LOOK 10000
#define DEPTH_MAX    100

static void lua_freep(lua_State **lua)
{
	if (*lua)
		lua_close(*lua);
}

/* ---- values ---- */

static void push(lua_State *lua, const json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	luaL_checkstack(lua, 4, "the object is too deep");
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		lua_createtable(lua, 0, (int)json_object_size(json));
		json_object_foreach ((json_t *)(uintptr_t)json, key, value) {
			push(lua, value);
			lua_setfield(lua, -2, key);
		}
		return;
	case JSON_ARRAY:
		lua_createtable(lua, (int)json_array_size(json), 0);
		json_array_foreach (json, i, value) {
			push(lua, value);
			lua_rawseti(lua, -2, (int)i + 1);
		}
		return;
	case JSON_STRING:
		lua_pushlstring(lua, json_string_value(json), json_string_length(json));
		return;
	case JSON_INTEGER:
		lua_pushnumber(lua, (lua_Number)json_integer_value(json));
		return;
	case JSON_REAL:
		lua_pushnumber(lua, json_real_value(json));
		return;
	case JSON_TRUE:
	case JSON_FALSE:
		lua_pushboolean(lua, json_is_true(json));
		return;
	case JSON_NULL:
		lua_pushnil(lua);
		return;
	}
}

static json_t *take_number(lua_Number number)
{
	if (number == floor(number) && fabs(number) < 1e15)
		return json_integer((json_int_t)number);
	return isfinite(number) ? json_real(number) : json_null();
}

/* Text and numbers are keys, everything else is left out; tables that contain themselves end. */
static json_t *take(lua_State *lua, int at, unsigned int depth)
{
	json_t *object;

	switch (lua_type(lua, at)) {
	case LUA_TSTRING:
		return json_stringn(lua_tostring(lua, at), lua_objlen(lua, at)) ?: json_null();
	case LUA_TNUMBER:
		return take_number(lua_tonumber(lua, at));
	case LUA_TBOOLEAN:
		return json_boolean(lua_toboolean(lua, at));
	case LUA_TTABLE:
		break;
	default:
		return json_null();
	}
	object = json_object();
	if (depth == 0 || !lua_checkstack(lua, 4))
		return object;
	for (lua_pushnil(lua); lua_next(lua, at); lua_pop(lua, 1)) {
		rc_autofree char *key = NULL;

		if (lua_type(lua, -2) == LUA_TSTRING)
			key = rc_strdup(lua_tostring(lua, -2));
		else if (lua_type(lua, -2) == LUA_TNUMBER)
			key = rc_asprintf("%.14g", lua_tonumber(lua, -2));
		if (key)
			json_object_set_new(object, key, take(lua, lua_gettop(lua), depth - 1));
	}
	return object;
}

/* ---- what a script has ---- */

static void open_library(lua_State *lua, const char *name, lua_CFunction open)
{
	lua_pushcfunction(lua, open);
	lua_pushstring(lua, name);
	lua_call(lua, 1, 0);
}

static void forget(lua_State *lua, const char *library, const char *const *names)
{
	if (library)
		lua_getglobal(lua, library);
	else
		lua_pushvalue(lua, LUA_GLOBALSINDEX);
	for (; *names; names++) {
		lua_pushnil(lua);
		lua_setfield(lua, -2, *names);
	}
	lua_pop(lua, 1);
}

static void open_libraries(lua_State *lua)
{
	static const char *const base[] = {"dofile",	     "loadfile", "load",    "loadstring",
					   "require",	     "module",	 "print",   "newproxy",
					   "collectgarbage", "getfenv",	 "setfenv", NULL};
	static const char *const os[] = {"execute", "exit",    "getenv",    "remove",
					 "rename",  "tmpname", "setlocale", NULL};
	static const char *const string[] = {"dump", NULL};

	open_library(lua, "", luaopen_base);
	open_library(lua, LUA_TABLIBNAME, luaopen_table);
	open_library(lua, LUA_STRLIBNAME, luaopen_string);
	open_library(lua, LUA_MATHLIBNAME, luaopen_math);
	open_library(lua, LUA_OSLIBNAME, luaopen_os);
	forget(lua, NULL, base);
	forget(lua, LUA_OSLIBNAME, os);
	forget(lua, LUA_STRLIBNAME, string);
}

/* ---- time ---- */

static uint64_t cpu_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The run's end is the light userdata at this key of the registry. */
static const char end_key;

static void on_steps(lua_State *lua, lua_Debug *debug)
{
	uint64_t end_ms;

	(void)debug;
	lua_pushlightuserdata(lua, (void *)(uintptr_t)&end_key);
	lua_rawget(lua, LUA_REGISTRYINDEX);
	end_ms = (uint64_t)lua_tonumber(lua, -1);
	lua_pop(lua, 1);
	if (cpu_now_ms() < end_ms)
		return;
	/* Whoever catches this is told again at his next step. */
	lua_sethook(lua, on_steps, LUA_MASKCOUNT, 1);
	luaL_error(lua, "it took too long");
}

static void set_end(lua_State *lua, uint64_t end_ms)
{
	lua_pushlightuserdata(lua, (void *)(uintptr_t)&end_key);
	lua_pushnumber(lua, (lua_Number)end_ms);
	lua_rawset(lua, LUA_REGISTRYINDEX);
	lua_sethook(lua, on_steps, LUA_MASKCOUNT, STEPS_A_LOOK);
}

/* ---- a run ---- */

struct run {
	const char *script;
	const json_t *obj;
	uint64_t end_ms;
	json_t *answer;
};

/* Under lua_cpcall(): whatever Lua throws ends here, also when memory ends. */
static int run_protected(lua_State *lua)
{
	struct run *run = lua_touserdata(lua, 1);

	luaJIT_setmode(lua, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
	open_libraries(lua);
	push(lua, run->obj);
	lua_setglobal(lua, "obj");
	set_end(lua, run->end_ms);
	if (luaL_loadbuffer(lua, run->script, strlen(run->script), "=script") != 0)
		return lua_error(lua);
	lua_call(lua, 0, 1);
	lua_sethook(lua, NULL, 0, 0);
	run->answer = take(lua, lua_gettop(lua), DEPTH_MAX);
	return 0;
}

int rc_lua_run(const char *script, const json_t *obj, uint64_t cpu_ms, json_t **ret_answer,
	       struct rc_error **err)
{
	rc_cleanup(lua_freep) lua_State *lua = luaL_newstate();
	struct run run = {script, obj, cpu_now_ms() + cpu_ms, NULL};
	const char *why;

	if (!lua)
		return rc_fail(err, -ENOMEM, "Lua does not start");
	if (*script == LUA_SIGNATURE[0])
		return rc_fail(err, -EINVAL, "the script is compiled; its text is wanted");
	if (lua_cpcall(lua, run_protected, &run) == 0) {
		*ret_answer = run.answer;
		return 0;
	}
	if (cpu_now_ms() >= run.end_ms)
		return rc_fail(err, -ETIMEDOUT, "the script took more than %llu ms",
			       (unsigned long long)cpu_ms);
	why = lua_tostring(lua, -1);
	return rc_fail(err, -EINVAL, "the script failed: %s", why ?: "with no words");
}
