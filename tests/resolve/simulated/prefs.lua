-- Fusion's preferences: a tree in memory, on disk only when somebody saves it, as Lua table text in hash order.

local Prefs = {}

local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"'
end

local function written(value, indent)
  if type(value) == "string" then return quoted(value) end
  if type(value) ~= "table" then return tostring(value) end
  local lines = {}
  for key, item in pairs(value) do
    local name = key
    if type(key) == "number" then
      name = "[" .. key .. "]"
    elseif not key:match("^[%a_][%w_]*$") then
      name = "[" .. quoted(key) .. "]"
    end
    lines[#lines + 1] = indent .. "\t" .. name .. " = " .. written(item, indent .. "\t") .. ",\n"
  end
  return "{\n" .. table.concat(lines) .. indent .. "}"
end

-- What a Resolve that has been used has in there, decoys included.
local function lived_in()
  local tree = { Global = { Paths = { Map = {} }, Notes = {} }, Comp = { Views = {} } }
  for number = 1, 150 do
    tree.Global.Paths.Map["Folder " .. number .. ":"] = "C:\\Users\\Jörg\\Footage \"" .. number .. "\";\tAllData:"
    tree.Comp.Views["View" .. number] = { Width = number * 8, Ratio = number / 7, Visible = number % 2 == 0 }
  end
  tree.Global.Notes.Last = 'Cuemark = { Answer = "no", Session = "no", }\nétoile 🎬'
  return tree
end

function Prefs.new(text, save)
  local stored = text and setfenv(assert(loadstring("return " .. text)), {})() or lived_in()
  local methods = {}

  local function parent_of(path, make)
    local node, last = stored, nil
    for name in path:gmatch("[^.]+") do
      if last then
        if node[last] == nil and make then node[last] = {} end
        node = node[last]
        if type(node) ~= "table" then return nil end
      end
      last = name
    end
    return node, last
  end

  function methods.SetPrefs(path, value)
    local node, last = parent_of(path, true)
    node[last] = value
    return true
  end

  function methods.GetPrefs(path)
    local node, last = parent_of(path, false)
    return node and node[last]
  end

  function methods.SavePrefs()
    save(written(stored, "") .. "\n")
    return nil
  end

  return methods
end

return Prefs
