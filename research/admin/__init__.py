from . import library as library
