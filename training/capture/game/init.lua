-- The capture's hands inside the game's server. It reads <world>/command ("id verb arguments"), answers in
-- <world>/answer ("id words") and keeps <world>/surroundings up to date. Every file is renamed into place, so
-- that a reader finds it whole. client.py is the other end.
local world = minetest.get_worldpath()
local REACH = 80 -- nodes around a place that are generated before the player comes: a little beyond the view
local LOWEST, HIGHEST = -16, 64 -- heights between which ground is looked for
local EYES = 1.6 -- above the feet
local LIGHT = 12 -- of 15 about the head at noon: less is a cave or the darkest wood

local function write(name, text)
  local file = io.open(world .. "/" .. name .. ".new", "w")
  if not file then return end
  file:write(text)
  file:close()
  os.rename(world .. "/" .. name .. ".new", world .. "/" .. name)
end

local function node_at(x, y, z)
  return minetest.registered_nodes[minetest.get_node({x = x, y = y, z = z}).name]
end

local function is_solid(x, y, z)
  local node = node_at(x, y, z)
  return not node or node.walkable
end

local function is_liquid(x, y, z)
  local node = node_at(x, y, z)
  return node ~= nil and node.liquidtype ~= "none"
end

-- Nothing lies over the picture and nothing hurts.
local function prepare(player)
  player:hud_set_flags({
    hotbar = false, healthbar = false, crosshair = false, wielditem = false, breathbar = false,
    minimap = false, minimap_radar = false, basic_debug = false, chat = false,
  })
  player:set_armor_groups({immortal = 1, fall_damage_add_percent = -100})
  local privileges = minetest.get_player_privs(player:get_player_name())
  privileges.fast, privileges.interact = true, true
  minetest.set_player_privs(player:get_player_name(), privileges)
end

minetest.send_join_message = function() end
minetest.send_leave_message = function() end
minetest.get_server_status = function() return "" end
minetest.register_on_joinplayer(function(player)
  prepare(player)
  minetest.after(0.5, function() prepare(player) end) -- games set their own HUD while joining
end)

local function biome_at(x, y, z)
  local data = minetest.get_biome_data({x = x, y = y, z = z})
  return data and minetest.get_biome_name(data.biome) or "unknown"
end

-- Height of the ground to stand on, or nil and what is there instead. Trees are no ground.
local function ground(x, z)
  for y = HIGHEST, LOWEST, -1 do
    local name = minetest.get_node({x = x, y = y, z = z}).name
    if name == "ignore" then return nil, "ungenerated" end
    if is_liquid(x, y, z) then return nil, "liquid" end
    if is_solid(x, y, z) and not name:find("leaves") and not name:find("tree") then
      if y > HIGHEST - 4 then return nil, "too_high" end
      return y
    end
  end
  return nil, "bottomless"
end

-- Nodes that the eyes see freely in a direction, at most 8.
local function free_ahead(x, feet, z, yaw)
  for far = 1, 8 do
    local there_x, there_z = x - math.sin(yaw) * far, z + math.cos(yaw) * far
    if is_solid(there_x, feet + EYES, there_z) then return far - 1 end
  end
  return 8
end

-- Yaws at which one stands before no wall.
local function open_yaws(x, feet, z)
  local yaws = {}
  for step = 0, 15 do
    local yaw = step * math.pi / 8
    if free_ahead(x, feet, z, yaw) >= 6 then yaws[#yaws + 1] = yaw end
  end
  return yaws
end

-- Biomes that columns belong to, before anything is generated: "x z x z ..." at the height of low ground.
local function survey(answer, ...)
  local numbers, names = {...}, {}
  for k = 1, #numbers, 2 do names[#names + 1] = biome_at(tonumber(numbers[k]), 10, tonumber(numbers[k + 1])) end
  answer(table.concat(names, " "))
end

-- Where to stand in a column and which way to look, or nil and why not.
local function standing(x, z)
  local y, reason = ground(x, z)
  if not y then return nil, reason end
  if is_solid(x, y + 1, z) or is_solid(x, y + 2, z) then return nil, "enclosed" end
  if (minetest.get_node_light({x = x, y = y + 2, z = z}, 0.5) or 0) < LIGHT then return nil, "dark" end
  local yaws = open_yaws(x, y + 1, z)
  if #yaws < 6 then return nil, "enclosed" end
  return y, yaws
end

-- Call back once all within `reach` nodes of a column is generated.
local function generate(x, z, reach, done)
  local low = {x = x - reach, y = LOWEST, z = z - reach}
  local high = {x = x + reach, y = HIGHEST, z = z + reach}
  minetest.emerge_area(low, high, function(_, _, remaining) if remaining == 0 then done() end end)
end

-- Put the player at a column, if it can stand and see there: answers "ok biome y" or "refused why biome".
-- `heading` from 0 to 1 chooses among the open directions.
local function place(answer, x, z, time, heading)
  x, z, time, heading = tonumber(x), tonumber(z), tonumber(time), tonumber(heading)
  local function move()
    local player = minetest.get_connected_players()[1]
    local y, yaws = standing(x, z)
    local biome = biome_at(x, y or 0, z)
    if not y then return answer("refused " .. yaws .. " " .. biome) end
    player:set_pos({x = x, y = y + 0.5, z = z})
    player:set_look_vertical(0)
    player:set_look_horizontal(yaws[1 + math.floor(heading * #yaws) % #yaws])
    minetest.set_timeofday(time)
    answer("ok " .. biome .. " " .. y)
  end
  generate(x, z, 8, function() -- most columns that do not serve are seen by their nearest nodes
    local y, reason = standing(x, z)
    if not y then return answer("refused " .. reason .. " " .. biome_at(x, 0, z)) end
    generate(x, z, REACH, move)
  end)
end

local VERBS = {survey = survey, place = place}

local function obey()
  local file = io.open(world .. "/command", "r")
  if not file then return end
  local words = file:read("*a"):split(" ")
  file:close()
  os.remove(world .. "/command")
  local id = words[1]
  VERBS[words[2]](function(text) write("answer", id .. " " .. text) end, unpack(words, 3))
end

-- What a walker has to know: x y z yaw, then 0 or 1: a step before the feet, a wall before the eyes, a wall or trunk
-- a little farther, liquid ahead, about the feet, about the head; then how far the ground falls away ahead (8: more).
local function tell_surroundings(player)
  local at, yaw = player:get_pos(), player:get_look_horizontal()
  local function ahead(far, up) return at.x - math.sin(yaw) * far, at.y + up, at.z + math.cos(yaw) * far end
  local function flag(condition) return condition and 1 or 0 end
  local drop = 0
  while drop < 8 and not is_solid(ahead(1.6, -0.5 - drop)) do drop = drop + 1 end
  write("surroundings", string.format("%.3f %.3f %.3f %.5f %d %d %d %d %d %d %d", at.x, at.y, at.z, yaw,
    flag(is_solid(ahead(0.9, 0.5))), flag(is_solid(ahead(0.9, 1.5))),
    flag(is_solid(ahead(1.9, 1.5)) and is_solid(ahead(1.9, 2.5))), -- of a slope only the lower one is
    flag(is_liquid(ahead(3, -0.5))), flag(is_liquid(ahead(0, 0.4))), flag(is_liquid(ahead(0, 1.5))), drop))
end

minetest.register_globalstep(function()
  local player = minetest.get_connected_players()[1]
  if not player then return end
  tell_surroundings(player)
  obey()
end)
